"""JupyterHub on one machine: what a learner may use, what is stopped when idle, the first lesson.

The Littlest JupyterHub reads this file from /opt/tljh/config/jupyterhub_config.d/, and so does
`jupyterhub -f`. `make hub-check` runs it with a spawner, an authenticator and ports of its own.

Not done: who may log in, HTTPS, the address; those are your hub's.
"""

import sys

c = get_config()  # noqa: F821

# README.md says how much one learner needs. The limit leaves room for three open notebooks, one of
# them in a long search, and keeps one learner's mistake from being everybody's.
c.Spawner.mem_guarantee = "256M"
c.Spawner.mem_limit = "768M"
c.Spawner.cpu_limit = 2.0

# All press the button in the same minute, and a server that starts keeps a CPU busy for seconds.
# Whoever is beyond this number is asked to try again, and each start has time.
c.JupyterHub.concurrent_spawn_limit = 10
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 120

c.Spawner.default_url = "/lab/tree/notebooks/00-start-here.ipynb"
c.Spawner.args = [
    # A notebook that was closed gives its kernel's memory back; one in an open page keeps it.
    "--MappingKernelManager.cull_idle_timeout=1200",
    "--MappingKernelManager.cull_interval=120",
    # No lesson needs language servers, nor the second interface.
    '--ServerApp.jpserver_extensions={"jupyter_lsp": False, "notebook": False}',
]
# The usual validator is a program that is made when the first notebook is read, and keeps 10 MB.
c.Spawner.environment = {"NBFORMAT_VALIDATOR": "jsonschema"}

# A server that nobody has used for an hour is stopped; the files stay.
CULL = ["--timeout=3600", "--cull-every=300", "--concurrency=5"]
c.JupyterHub.services.append(
    {
        "name": "pmulab-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", *CULL],
    }
)
c.JupyterHub.load_roles.append(
    {
        "name": "pmulab-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["pmulab-culler"],
    }
)
