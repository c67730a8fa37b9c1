"""Rows of the large families as ready linear expressions.

Written as sums of products in Python, the station families take several times longer to build
and to compile; the names and equations stay the same.
"""

from collections.abc import Sequence

from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression


def linear(
    coefficients: Sequence[float], variables: Sequence[VarData], constant: float = 0.0
) -> LinearExpression:
    """Return Σ coefficient·variable + constant."""
    return LinearExpression(
        constant=constant, linear_coefs=list(coefficients), linear_vars=list(variables)
    )
