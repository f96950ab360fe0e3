from datetime import timedelta

import pytest

from tests.sandbox.soluno.client import Bookkeeper, refused

HOUR, DAY = 3600, 86_400


@pytest.fixture
def stranger(server):
    """Somebody with the designated login who has never logged in."""
    server.controls.clock.freeze()
    with Bookkeeper(server) as stranger:
        yield stranger


@pytest.fixture
def clock(server):
    return server.controls.clock


class TestLoggingIn:
    """[seed] a question and its answer authenticate the account; [assumed] 7.2."""

    def test_a_full_login_is_good_for_thirty_days(self, stranger, clock):
        session = stranger.log_in(answer=True)
        user = next(user for user in stranger.items("Users") if user["Initials"] == "CPL")
        assert session == {
            "SessionToken": session["SessionToken"],
            "ExpiresOn": f"{clock.now() + timedelta(hours=8):%Y-%m-%dT%H:%M:%SZ}",
            "ReauthenticateBy": f"{clock.now() + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
            "User": {name: user[name] for name in ("UserId", "Initials", "Email", "RecordsTime")},
            "Organization": {"OrganizationId": stranger.books.id, "Name": "Harrow Pike Books"},
        }
        assert user["RecordsTime"] is False

    def test_a_new_device_is_asked_the_question(self, stranger):
        answer = stranger.try_login()
        assert refused(answer) == (401, "VerificationRequired")
        assert answer.json()["Question"] == stranger.connection["verification_question"]
        stranger.log_in(answer=True)
        assert stranger.try_login().status_code == 201
        assert refused(stranger.try_login(DeviceId="hub-02")) == (401, "VerificationRequired")
        stranger.log_in(answer=True, DeviceId="hub-02")
        assert stranger.try_login(DeviceId="hub-02").status_code == 201

    def test_logging_in_without_the_answer_renews_nothing(self, stranger, clock):
        by = stranger.log_in(answer=True)["ReauthenticateBy"]
        clock.advance(20 * DAY)
        assert stranger.log_in()["ReauthenticateBy"] == by
        assert stranger.log_in(answer=True)["ReauthenticateBy"] > by

    def test_the_answer_matches_in_any_letter_case(self, stranger):
        assert stranger.try_login(VerificationAnswer=" juniper LANE").status_code == 201

    def test_user_names_match_in_any_letter_case(self, stranger):
        name = stranger.connection["user_name"].upper()
        assert stranger.try_login(answer=True, UserName=name).status_code == 201

    @pytest.mark.parametrize(
        "wrong", [{"Password": "guess"}, {"VerificationAnswer": "guess"}, {"UserName": "nobody@harrow-pike.example"}]
    )
    def test_wrong_credentials_are_told_alike(self, stranger, wrong):
        assert refused(stranger.try_login(answer=True, **wrong)) == (401, "InvalidCredentials")

    def test_the_fifth_failure_locks_the_account(self, stranger):  # a wrong answer counts as well
        for wrong in [{"Password": "guess"}] * 2 + [{"VerificationAnswer": "guess"}] * 2:
            assert refused(stranger.try_login(**wrong)) == (401, "InvalidCredentials")
        assert refused(stranger.try_login(Password="guess")) == (423, "AccountLocked")
        assert refused(stranger.try_login(answer=True)) == (423, "AccountLocked")
        stranger.change("/login", locked=False)
        assert stranger.try_login(answer=True).status_code == 201

    def test_a_success_forgets_the_failures(self, stranger):
        for _ in range(2):
            for _ in range(4):
                stranger.try_login(Password="guess")
            assert stranger.try_login(answer=True).status_code == 201

    def test_the_question_is_set_in_the_browser_first(self, stranger):
        stranger.change("/login", question_set=False)
        assert refused(stranger.try_login(answer=True)) == (403, "VerificationQuestionNotSet")

    def test_an_expired_password_is_changed_in_soluno(self, stranger):
        stranger.change("/login", password_expired=True)
        assert refused(stranger.try_login(answer=True)) == (403, "PasswordExpired")

    @pytest.mark.parametrize("name", ["UserName", "Password", "DeviceId"])
    def test_what_is_missing_is_named(self, stranger, name):
        answer = stranger.try_login(answer=True, **{name: None})
        assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), name)


class TestOrganizations:
    """[doc] whoever belongs to several has to name one."""

    @pytest.fixture
    def administrator(self, stranger):
        stranger.connection["user_name"] = stranger.firm.seed.staff.admin.email
        return stranger

    @pytest.mark.parametrize("name", [None, "Somebody Else's Books"])
    def test_one_of_several_has_to_be_named(self, administrator, name):
        answer = administrator.try_login(answer=True, OrganizationName=name)
        assert refused(answer) == (409, "OrganizationRequired")
        listed = [organization["Name"] for organization in answer.json()["Organizations"]]
        assert listed == ["Harrow Pike Books", "Harrow Pike Training Books"]

    def test_the_only_one_needs_no_name(self, stranger):
        assert (
            stranger.log_in(answer=True, OrganizationName=None)["Organization"]["OrganizationId"] == stranger.books.id
        )

    def test_each_has_books_of_its_own(self, administrator):
        administrator.log_in(answer=True)
        administrator.client(ContactNumber="777")
        administrator.log_in(answer=True, OrganizationName="Harrow Pike Training Books")
        assert administrator.items("Contacts", ContactNumber="777") == []
        ids = {row["BankAccountId"] for row in administrator.items("BankAccounts")}
        assert ids.isdisjoint(administrator.books.bank_accounts)


class TestLife:
    def test_a_session_slides_for_eight_hours(self, stranger, clock):
        stranger.log_in(answer=True)
        for _ in range(2):
            clock.advance(8 * HOUR - 1)
            stranger.get("Session")
        clock.advance(8 * HOUR)
        assert refused(stranger.http.get("/Session")) == (401, "SessionExpired")

    def test_its_state_is_told(self, stranger, clock):
        session = stranger.log_in(answer=True)
        clock.advance(HOUR)
        assert stranger.get("Session")["ExpiresOn"] > session["ExpiresOn"]
        assert stranger.get("Session")["ReauthenticateBy"] == session["ReauthenticateBy"]

    def test_a_later_login_ends_the_earlier_session(self, stranger):  # [seed]
        first = stranger.log_in(answer=True)["SessionToken"]
        stranger.log_in()
        earlier = stranger.http.get("/Session", headers={"Authorization": f"Bearer {first}"})
        assert refused(earlier) == (401, "SessionTerminated")
        assert stranger.http.get("/Session").status_code == 200

    def test_a_login_by_browser_ends_it_too(self, stranger):  # [assumed] 2
        stranger.log_in(answer=True)
        stranger.change("/browser-login")
        assert refused(stranger.http.get("/Features")) == (401, "SessionTerminated")
        stranger.log_in()
        assert stranger.http.get("/Features").status_code == 200

    def test_logging_off(self, stranger):
        stranger.log_in(answer=True)
        assert stranger.http.delete("/Session").status_code == 204
        assert refused(stranger.http.get("/Session")) == (401, "SessionExpired")

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer s.0000", "Token s.0000"])
    def test_without_a_session_there_is_a_401(self, stranger, header):
        answer = stranger.http.get("/Users", headers={"Authorization": header})
        assert refused(answer) == (401, "SessionExpired")


class TestTheMonthlyStep:
    """[seed] the integration is authenticated again every month."""

    def test_when_it_is_due_every_call_says_so(self, stranger, clock):
        stranger.log_in(answer=True)
        for _ in range(90):
            clock.advance(8 * HOUR - 60)
            stranger.http.get("/Session")
        clock.advance(2 * HOUR)
        for answer in (stranger.http.get("/Session"), stranger.http.get("/Features"), stranger.try_login()):
            assert refused(answer) == (401, "ReauthenticationRequired")
        assert stranger.try_login().json()["Question"] == stranger.connection["verification_question"]

    def test_the_right_answer_makes_it_good_again(self, stranger):
        stranger.log_in(answer=True)
        stranger.change("/login", reauthenticate_in=0)
        assert refused(stranger.http.get("/Features")) == (401, "ReauthenticationRequired")
        assert refused(stranger.try_login(VerificationAnswer="guess")) == (401, "InvalidCredentials")
        stranger.log_in(answer=True)
        assert stranger.http.get("/Features").status_code == 200
