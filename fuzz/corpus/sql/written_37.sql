desc t
