"""Somebody of the firm answers Soluno's security question, so that its costs go on being posted."""

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.input import RunInput
from prefect.states import Cancelled, Completed
from pydantic import Field, SecretStr

from domain.run_names import run_name
from tasks.asking import ask, forget_answers
from tasks.books.reauthentication import answer_question, push_again, see_who_is_asked
from tasks.endings import ends_with_a_sentence

TIME_TO_ANSWER = timedelta(hours=1)


class Answer(RunInput):
    """What only the person knows who has set the question."""

    answer: SecretStr = Field(
        title="Answer",
        description="The answer to the security question of the firm's Soluno login. It is used once and kept nowhere.",
    )


@flow(name="reauthenticate_soluno", flow_run_name=run_name("reauthenticate"), persist_result=False)
@ends_with_a_sentence
async def reauthenticate_soluno(firm: str, push_now: bool = True) -> Any:
    """Renew a firm's login to Soluno for another month: press Resume, and enter the answer to its security question.

    The answer goes to Soluno and nowhere else: it is in no parameter, log or record afterwards. Then posting goes on.

    Args:
        firm: The firm's short name: the name of its Firm block.
        push_now: Start the firm's cost push when the answer was accepted, instead of waiting for the night.
    """
    name = await see_who_is_asked(firm)
    try:
        entered = await ask(Answer, within=TIME_TO_ANSWER)
    finally:
        await forget_answers()
    if entered is None:
        return Cancelled(message="Nobody answered within an hour. Start reauthenticate_soluno again.")
    standing = await answer_question(firm, entered.answer)
    pushed = push_now and await push_again(firm)
    then = " The cost push has been started." if pushed else " What waits is posted with the next cost push."
    return Completed(message=f"{name} is good until {standing.reauthenticate_by:%d %b %Y, %H:%M} UTC.{then}")
