"""SmartAdvocate's CaseSyncAPI: ``app`` is the vendor, ``firm`` its state, ``inspection`` its control routes."""
