"""Parts of identification: what the measured series of a loop say of its building and water."""
