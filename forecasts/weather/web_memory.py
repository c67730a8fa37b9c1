"""A web client that asks nothing twice: one run's forecasts are laid out from the same answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from forecasts.weather.web import WebAnswer, WebClient

_Asked = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class RememberingWeb(WebClient):
    """Answers of one run by address and query; failures are not kept. For minutes, not for days.

    Headers say who asks and what is at hand already, not what is asked for: they are no part of
    the key.
    """

    _answers: dict[_Asked, WebAnswer] = field(default_factory=dict, compare=False, repr=False)

    def get(
        self,
        provider: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        *,
        accepted: tuple[int, ...] = (200,),
        secret: str = "",
    ) -> WebAnswer:
        """Return the answer that is remembered, else as `WebClient.get`."""
        asked = (url, tuple(sorted(query.items())))
        if asked not in self._answers:
            self._answers[asked] = super().get(
                provider, url, query, headers, accepted=accepted, secret=secret
            )
        return self._answers[asked]


def remembering(web: WebClient) -> RememberingWeb:
    """Return a client like `web`, on the same budget, that remembers."""
    return RememberingWeb(**{part.name: getattr(web, part.name) for part in fields(web)})
