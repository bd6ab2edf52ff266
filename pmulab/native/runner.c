/*
 * The process that a hook in C runs in: waits for a call, runs the hook, answers.
 *
 * A row has 32 bytes: what, the line in the C text, three numbers. Rows that need no answer wait
 * until one that needs it, or the end of the call.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "kernel.h"

enum { ROWS = 256, VCPUS = 256 };
enum { MEMORY = 64 << 20, STACK = 1 << 20, NEAR = 8 << 20, OTHER_STACK = 64 << 10 };

struct row {
	u32 op, line;
	u64 what, a, b;
};

u64 pmulab_enter(u64 hook, u64 a, u64 b);

static struct row rows[ROWS];
static u32 n_rows;
static int channel;
static struct kvm kvms[VCPUS];
static struct kvm_vcpu vcpus[VCPUS];

static void sendall(void)
{
	const char *from = (const char *)rows;
	size_t left = n_rows * sizeof(rows[0]);

	while (left) {
		ssize_t n = write(channel, from, left);

		if (n <= 0)
			_exit(0);
		from += n;
		left -= n;
	}
	n_rows = 0;
}

static struct row receive(void)
{
	struct row row;
	size_t have = 0;

	while (have < sizeof(row)) {
		ssize_t n = read(channel, (char *)&row + have, sizeof(row) - have);

		if (n <= 0)
			_exit(0);
		have += n;
	}
	return row;
}

void pmulab_tell(u32 op, u32 line, u64 what, u64 a, u64 b)
{
	rows[n_rows++] = (struct row){ op, line, what, a, b };
	if (n_rows == ROWS)
		sendall();
}

/* While a hook waits for an answer the library may call another one of the same text. */
static void enter(struct row call)
{
	pmulab_tell(PMULAB_RETURN, 0, pmulab_enter(call.what, call.a, call.b), 0, 0);
	sendall();
}

u64 pmulab_ask(u32 op, u32 line, u64 what, u64 a, u64 b)
{
	struct row row;

	pmulab_tell(op, line, what, a, b);
	if (n_rows)
		sendall();
	while ((row = receive()).op != PMULAB_ANSWER)
		enter(row);
	return row.what;
}

struct kvm_vcpu *pmulab_vcpu(u64 id)
{
	return id ? &vcpus[id] : NULL;
}

unsigned long pmulab_next_bit(const unsigned long *addr, unsigned long size, unsigned long from)
{
	while (from < size && !(addr[from / 64] >> (from % 64) & 1))
		from++;
	return from < size ? from : size;
}

static void limit(int what, rlim_t most)
{
	setrlimit(what, &(struct rlimit){ most, most });
}

/* Processor time of one call; microseconds are enough for any. */
static void allow(long us)
{
	struct timeval most = { us / 1000000, us % 1000000 };

	setitimer(ITIMER_PROF, &(struct itimerval){ .it_value = most }, NULL);
}

/* A full stack faults just below what main() has; the parent tells it by another signal. */
static char *stack_top;

static void faulted(int number, siginfo_t *info, void *context)
{
	char *at = info->si_addr;

	(void)context;
	if (at < stack_top && at > stack_top - NEAR)
		raise(SIGUSR2);
	raise(number);
}

static void prepare(void)
{
	static char other_stack[OTHER_STACK];
	struct sigaction action = { .sa_sigaction = faulted };

	for (u64 n = 0; n < VCPUS; n++) {
		kvms[n].id = vcpus[n].id = n;
		vcpus[n].kvm = &kvms[n];
	}
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_AS, MEMORY);
	limit(RLIMIT_STACK, STACK);
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
	sigaltstack(&(stack_t){ .ss_sp = other_stack, .ss_size = OTHER_STACK }, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

int main(int argc, char **argv)
{
	char here;
	long call;

	if (argc != 3)
		return 2;
	stack_top = &here;
	channel = atoi(argv[1]);
	call = atol(argv[2]);
	prepare();
	for (;;) {
		struct row row = receive();

		allow(call);
		enter(row);
		allow(0);
	}
}
