"""Hardware: PMUv3, the processing element with its traps, the GICv3 virtual CPU interface.

Not modelled: EL3, Secure state, AArch32, nested virtualisation, SPE, BRBE, real pipelines.
"""
