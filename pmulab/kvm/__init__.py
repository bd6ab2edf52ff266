"""Software: what KVM does to share a PMU, behind hooks that can be replaced one at a time.

Follows the series "ARM64 PMU Partitioning", posting v8, with the repairs that its review asked for.

Not modelled: nVHE, nested virtualisation but for an emulated PMU (`nested`), protected VMs,
FEAT_PMUv3_ICNTR, userspace's ioctls but for a vCPU's PMU attributes (`attributes`).
"""
