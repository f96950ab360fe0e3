# casebridge as an image: the same for API servers, background services and workers; compose.yaml says which is which.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /opt/casebridge
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements.lock
COPY . .
# Editable: flows are found where `prefect.yaml` and the migrations of the ledger are, too.
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . && python -m compileall -q .

FROM python:3.11.13-slim-bookworm
RUN useradd --uid 10001 --create-home casebridge \
 && install --directory --owner casebridge --group casebridge --mode 0700 /var/lib/casebridge
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/casebridge /opt/casebridge
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CASEBRIDGE_HOME=/var/lib/casebridge
WORKDIR /opt/casebridge
USER 10001:10001
CMD ["prefect", "worker", "start", "--pool", "casebridge", "--with-healthcheck"]
