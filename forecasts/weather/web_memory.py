"""A web client that asks nothing twice: one run's forecasts are laid out from the same answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from forecasts.weather.service_clocks import HeardClocks, ServiceClock, ahead_s, by_provider
from forecasts.weather.web import WebAnswer, WebClient

_Asked = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class RememberingWeb(WebClient):
    """Answers of one run by address and query; failures are not kept. For minutes, not for days.

    Headers say who asks and what is at hand already, not what is asked for: they are no part of
    the key.
    """

    _answers: dict[_Asked, WebAnswer] = field(default_factory=dict, compare=False, repr=False)
    _heard: list[tuple[datetime, ServiceClock]] = field(
        default_factory=list, compare=False, repr=False
    )

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
            answer = super().get(provider, url, query, headers, accepted=accepted, secret=secret)
            self._answers[asked] = answer
            ahead = ahead_s(answer.headers, answer.received_at)
            if ahead is not None:
                self._heard.append((answer.received_at, ServiceClock(provider, ahead)))
        return self._answers[asked]

    @property
    def clocks(self) -> HeardClocks | None:
        """What the services that answered tell of this machine's clock; None if nothing."""
        if not self._heard:
            return None
        return HeardClocks(
            max(at for at, _ in self._heard), by_provider(one for _, one in self._heard)
        )


def remembering(web: WebClient) -> RememberingWeb:
    """Return a client like `web`, on the same budget, that remembers."""
    return RememberingWeb(**{part.name: getattr(web, part.name) for part in fields(web)})
