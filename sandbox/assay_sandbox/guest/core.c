/* The native core of the guest: fork, jail, wait and reply, without the interpreter.
 *
 * A plain shared library that zygote.py loads with ctypes; it needs no Python headers. zygote.py
 * says what the processes are and what crosses between them, and does the same in Python where this
 * file could not be compiled. Both are held to the same tests. pair.c follows in the same library.
 *
 *     zygote      serve(): clone, wait, wipe, again. Suspended while a supervisor lives.
 *     supervisor  supervise(): pid 1 of the job's namespaces. It *shares the zygote's memory*
 *                 (CLONE_VM | CLONE_VFORK), so that making it copies no page tables, and runs on a
 *                 stack of its own. All it knows of a job lies in `job` and on that stack; the
 *                 zygote wipes both before it clones again. It allocates nothing.
 *     candidate   forked by the supervisor, so with a copy of that memory: it jails itself, lays
 *                 out its files, and becomes a command, or takes its program out of `job`, unmaps
 *                 that, and jumps back into serve(), which returns to Python in candidates only.
 *
 * `job` and `phase` are mapped shared: what the supervisor writes there costs no copy of a page
 * after a fork, which under gVisor is dear. Nobody else's code runs while `job` is mapped. `phase`
 * says how far a candidate got; it is unmapped when its program is compiled, before that runs.
 *
 * The end of a job is its SIGCHLD or its deadline, whichever comes first, never the end of its
 * output.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE /* its longjmp refuses to leave the supervisor's stack */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKDIR "/tmp"
#define SHM_BYTES (256 << 10)
#define STACK_BYTES (32 << 10)
#define ROOM (64 << 10) /* of a buffer, until a job needs more */
#define LOOK_NS 20000000 /* how often the memory of a command is looked at */
#define EAGER_NS 2000000 /* most programs end sooner than this, and print less than a pipe holds */
#define DESCRIPTORS 256
#define MAPS_BYTES (256 << 10)
#define STACK_TOP (128 << 10) /* as much of it as a program uses at first */
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS)

enum { REPLIED = 0, BROKEN = 1, END_OF_INPUT = 3 };                      /* supervisor's exit */
enum { OK, NONZERO, SIGNAL, TIMEOUT, MEMORY, OUTPUT, COMPILE, FAILED }; /* a job's status */
enum { FORKED, JAILED, RUNNING, NO_COMMAND };                            /* a candidate's phase */
enum { FIELDS, COMMAND, ARGV, ENV, NAMES, FETCH, SOURCE, INPUT, FILES }; /* a request's blobs */

/* As zygote.py's ctypes structure has it. */
struct settings {
    const char *proc_options, *tmpfs_options;
    const void *filter; /* struct sock_fprog, or NULL */
    uint32_t uid;
    int32_t unmount; /* there is one mount namespace for all */
    int32_t network; /* a job has a network stack of its own, as empty as the container's */
    int32_t hide;    /* else everybody may read the supervisor's entry in /proc */
    int32_t compact; /* memory is copied by pieces, not by pages */
};

struct blob {
    char *at;
    size_t size;
};

/* Of Python's stable interface; found in the process that loads this. */
void *PyBytes_FromStringAndSize(const char *, ssize_t);
void *PyTuple_Pack(ssize_t, ...);

struct limits {
    double wall_s, cpu_s;
    uint64_t memory, processes, file_bytes, output_bytes;
};

struct buffer {
    char *at;
    size_t used, room;
};

enum { REQUEST, OUT, ERR, LENGTHS, FETCHED, CONTENTS, BUFFERS };

static struct job {
    struct limits limits;
    struct blob blobs[FILES];
    int ended; /* the supervisor's own wait status */
    struct buffer buffers[BUFFERS];
    char rooms[BUFFERS][ROOM];
} *job;

static struct settings settings;
static void *program; /* what the candidate's Python is given: (source, argv, env) as bytes */
static volatile uint8_t *phase;
static char *stack;
static const char *workdir = WORKDIR;
static jmp_buf serving;

/* ── small things ─────────────────────────────────────────────────────────────────────────────── */

static void fail(const char *what) {
    dprintf(2, "core: %s: %s\n", what, strerror(errno));
    _exit(BROKEN);
}

static void check(long returned, const char *what) {
    if (returned < 0) fail(what);
}

static uint32_t be32(const char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return __builtin_bswap32(value);
}

static void put32(char *at, uint32_t value) {
    value = __builtin_bswap32(value);
    memcpy(at, &value, sizeof value);
}

static void put64(char *at, uint64_t value) {
    value = __builtin_bswap64(value);
    memcpy(at, &value, sizeof value);
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void *map(size_t size, int sharing) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) fail("mmap");
    return at;
}

/* Room for `more` bytes beyond those used. What is larger than ROOM lies in private memory. */
static void reserve(struct buffer *buffer, size_t more) {
    if (buffer->used + more <= buffer->room) return;
    size_t room = 2 * buffer->room > buffer->used + more ? 2 * buffer->room : buffer->used + more;
    char *at;
    if (buffer->room > ROOM) {
        at = mremap(buffer->at, buffer->room, room, MREMAP_MAYMOVE);
        if (at == MAP_FAILED) fail("mremap");
    } else {
        at = map(room, MAP_PRIVATE);
        memcpy(at, buffer->at, buffer->used);
        memset(buffer->at, 0, buffer->used);
    }
    buffer->at = at;
    buffer->room = room;
}

static void append(struct buffer *buffer, const void *data, size_t size) {
    reserve(buffer, size);
    memcpy(buffer->at + buffer->used, data, size);
    buffer->used += size;
}

/* Forget a job. */
static void clear(void) {
    for (int each = 0; each < BUFFERS; each++) {
        struct buffer *buffer = &job->buffers[each];
        if (buffer->room > ROOM) munmap(buffer->at, buffer->room);
        else memset(job->rooms[each], 0, buffer->used);
        *buffer = (struct buffer){job->rooms[each], 0, ROOM};
    }
    memset(job, 0, offsetof(struct job, buffers));
}

/* Leave no byte of a job behind. */
static void wipe(void) {
    clear();
    explicit_bzero(stack, STACK_BYTES);
}

static void write_all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t written = write(fd, data, size);
        check(written, "write");
        data += written;
        size -= (size_t)written;
    }
}

/* ── the candidate ────────────────────────────────────────────────────────────────────────────── */

static void limit(int which, uint64_t soft, uint64_t hard) {
    struct rlimit value = {soft, hard};
    check(setrlimit(which, &value), "setrlimit");
}

/* No core file, nor a call of the host's crash handler: 0 would not stop that, 1 does (core(5)). */
static void forbid_cores(void) {
    if (setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}) < 0) limit(RLIMIT_CORE, 0, 0);
}

static void close_from(int first, int last) {
    if (syscall(SYS_close_range, first, ~0u, 0) < 0)
        for (int fd = first; fd <= last; fd++) close(fd);
}

/* These descriptors, from 0, and no other; limits; own uid; seccomp. `last` is the highest open. */
static void jail(const int *fds, int count, int last) {
    const struct limits *most = &job->limits;
    for (int fd = 0; fd < count; fd++)
        check(fd < 3 ? dup2(fds[fd], fd) : dup3(fds[fd], fd, O_CLOEXEC), "dup");
    close_from(count, last);
    uint64_t cpu_s = (uint64_t)most->cpu_s + ((double)(uint64_t)most->cpu_s < most->cpu_s);
    /* SIGXCPU first: it names the cause. Who ignores it is killed a second later. */
    limit(RLIMIT_CPU, cpu_s, cpu_s + 1);
    if (!job->blobs[COMMAND].size) limit(RLIMIT_AS, most->memory, most->memory);
    limit(RLIMIT_FSIZE, most->file_bytes, most->file_bytes);
    limit(RLIMIT_NPROC, most->processes, most->processes);
    limit(RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS);
    forbid_cores();
    check(setgroups(0, NULL), "setgroups");
    check(setresgid(settings.uid, settings.uid, settings.uid), "setresgid");
    check(setresuid(settings.uid, settings.uid, settings.uid), "setresuid");
    if (settings.filter)
        check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, settings.filter, 0, 0), "seccomp");
}

static void lay(const char *name, const char *data, size_t size, mode_t mode) {
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, mode);
    check(fd, name);
    write_all(fd, data, size);
    close(fd);
}

static void make_parents(char *name) {
    for (char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(name, 0777) < 0 && errno != EEXIST) fail(name);
        *slash = '/';
    }
}

static char *after(char *text) { return text + strlen(text) + 1; }

/* The program and its files, in the order of their names. */
static void lay_out(void) {
    bool command = job->blobs[COMMAND].size;
    struct blob source = job->blobs[SOURCE], names = job->blobs[NAMES];
    check(chdir(workdir), workdir);
    if (source.size || !command) lay("main.py", source.at, source.size, 0644);
    char *content = job->blobs[INPUT].at + job->blobs[INPUT].size;
    uint32_t file = FILES;
    for (char *name = names.at; name < names.at + names.size; name = after(name), file++) {
        uint32_t size = be32(job->buffers[REQUEST].at + 8 + 4 * file);
        make_parents(name);
        lay(name, content, size, command ? 0755 : 0644);
        content += size;
    }
}

/* The command in place of this process. One that cannot begin ends as in a shell, 126 or 127. */
static void become(void) {
    struct blob all = job->blobs[COMMAND], env = job->blobs[ENV];
    all.size += job->blobs[ARGV].size; /* the arguments follow the command in the request */
    size_t count = 0;
    char **argv = calloc(all.size + 1, sizeof *argv); /* every text has a byte at least */
    if (!argv) fail("calloc");
    for (char *text = all.at; text < all.at + all.size; text = after(text)) argv[count++] = text;
    for (char *text = env.at; text < env.at + env.size; text = after(text)) putenv(text);
    signal(SIGPIPE, SIG_DFL); /* ignored by Python, and so by what it becomes */
    signal(SIGXFSZ, SIG_DFL);
    *phase = RUNNING;
    execv(argv[0], argv);
    int code = errno == ENOENT ? 127 : 126;
    if (argv[0][0] == '/') *phase = NO_COMMAND; /* missing in the template: not the job's fault */
    dprintf(2, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(code);
}

static void *bytes(int which) {
    void *made = PyBytes_FromStringAndSize(job->blobs[which].at, (ssize_t)job->blobs[which].size);
    if (!made) fail("memory");
    return made;
}

/* Have signals as a program expects them, and say that what follows is the program's. */
static void arrive(void) {
    sigset_t none;
    sigemptyset(&none);
    signal(SIGCHLD, SIG_DFL);
    check(sigprocmask(SIG_SETMASK, &none, NULL), "sigprocmask");
    *phase = JAILED;
}

static void become_candidate(const int fds[3]) {
    jail(fds, 3, fds[2]);
    lay_out();
    arrive();
    if (job->blobs[COMMAND].size) become();
    program = PyTuple_Pack(3, bytes(SOURCE), bytes(ARGV), bytes(ENV));
    if (!program) fail("memory");
    munmap(job, sizeof *job);
    longjmp(serving, 1);
}

/* Called by the candidate's Python when its own code is about to run. */
void begin(void) {
    *phase = RUNNING;
    munmap((void *)phase, (size_t)getpagesize());
}

/* ── the supervisor ───────────────────────────────────────────────────────────────────────────── */

/* The next frame and no byte beyond it, checked; ends where the input does. */
static void receive(void) {
    struct buffer *request = &job->buffers[REQUEST];
    size_t whole = 4;
    while (request->used < whole) {
        ssize_t got = read(0, request->at + request->used, whole - request->used);
        if (got == 0) _exit(END_OF_INPUT);
        check(got, "read");
        request->used += (size_t)got;
        if (request->used == 4) {
            whole += be32(request->at);
            reserve(request, whole - 4);
        }
    }
    errno = EBADMSG;
    uint32_t count = whole < 8 ? 0 : be32(request->at + 4);
    size_t at = 8 + 4 * (size_t)count;
    if (request->used != whole || count < FILES || at > whole) fail("request");
    for (uint32_t each = 0; each < count; each++) {
        uint32_t size = be32(request->at + 8 + 4 * each);
        if (size > whole - at) fail("request");
        if (each < FILES) job->blobs[each] = (struct blob){request->at + at, size};
        at += size;
    }
    if (job->blobs[FIELDS].size != sizeof job->limits) fail("request");
    uint64_t fields[sizeof job->limits / 8];
    memcpy(fields, job->blobs[FIELDS].at, sizeof fields);
    for (size_t each = 0; each < sizeof fields / 8; each++)
        fields[each] = __builtin_bswap64(fields[each]);
    memcpy(&job->limits, fields, sizeof fields);
}

static void mount_proc(void) {
    check(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV, settings.proc_options), "proc");
}

static void hide_supervisor(void) {
    unsigned long flags = MS_NOSUID | MS_NODEV | MS_RDONLY;
    check(mount("none", "/proc/1", "tmpfs", flags, "mode=000,size=0"), "hide");
}

static int input(void) {
    int fd = (int)syscall(SYS_memfd_create, "stdin", 0);
    check(fd, "memfd");
    if (job->blobs[INPUT].size) {
        write_all(fd, job->blobs[INPUT].at, job->blobs[INPUT].size);
        lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

/* A pipe may have no end though all are dead: it may be on its way through a socket. */
static void output(int ends[2]) {
    check(pipe2(ends, 0), "pipe");
    check(fcntl(ends[0], F_SETFL, O_NONBLOCK), "fcntl");
}

static void mount_tmpfs(const char *target, unsigned long long bytes) {
    char options[256];
    unsigned uid = settings.uid;
    snprintf(options, sizeof options, "size=%llu,uid=%u,gid=%u,mode=700%s", bytes, uid, uid,
             settings.tmpfs_options);
    check(mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, options), target);
}

/* Read what is there: how much, 0 at the end, below that where there is nothing now. */
static ssize_t take(int fd, struct buffer *into) {
    reserve(into, ROOM / 2);
    ssize_t got = read(fd, into->at + into->used, into->room - into->used);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return got;
    check(got, "read");
    into->used += (size_t)got;
    return got;
}

static bool over(void) { return job->buffers[OUT].used + job->buffers[ERR].used > job->limits.output_bytes; }

/* What all processes of the job hold; a page shared by two counts twice. */
static uint64_t resident_bytes(void) {
    char entries[4096] __attribute__((aligned(8))), path[64], text[128];
    uint64_t pages = 0;
    int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long got;
    while ((got = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
        for (long at = 0; at < got;) {
            struct dirent64 *entry = (struct dirent64 *)(entries + at);
            at += entry->d_reclen;
            long pid = strtol(entry->d_name, NULL, 10);
            if (pid < 2) continue;
            snprintf(path, sizeof path, "/proc/%ld/statm", pid);
            int fd = open(path, O_RDONLY | O_CLOEXEC);
            ssize_t size = read(fd, text, sizeof text - 1);
            close(fd);
            if (size <= 0) continue; /* it has just ended */
            text[size] = 0;
            char *resident = strchr(text, ' ');
            if (resident) pages += strtoull(resident, NULL, 10);
        }
    }
    close(folder);
    return pages * (uint64_t)getpagesize();
}

/* Read the pipes until the candidate ends or goes too far: OK, or why to kill it. */
static int watch(pid_t pid, const int pipes[2], int64_t started, struct rusage *usage,
                 int *status) {
    struct buffer *into[] = {&job->buffers[OUT], &job->buffers[ERR]};
    struct pollfd polled[] = {{0, 0, 0}, {pipes[0], POLLIN, 0}, {pipes[1], POLLIN, 0}};
    int64_t deadline = started + (int64_t)(job->limits.wall_s * 1e9), look = started + LOOK_NS;
    sigset_t none;
    sigemptyset(&none);
    for (int64_t now = started; now < deadline; now = now_ns()) {
        bool eager = now < started + EAGER_NS;
        int64_t pause = eager ? EAGER_NS : LOOK_NS;
        if (pause > deadline - now) pause = deadline - now;
        struct timespec left = {0, pause};
        int ready = ppoll(polled, eager ? 1 : 3, &left, &none); /* SIGCHLD comes in only here */
        if (ready > 0 && polled[0].revents) _exit(END_OF_INPUT); /* the host is gone */
        for (int each = 1; ready > 0 && !eager && each < 3; each++)
            if (polled[each].revents && take(polled[each].fd, into[each - 1]) == 0)
                polled[each].fd = -1;
        if (over()) return OUTPUT;
        pid_t ended = wait4(pid, status, WNOHANG, usage);
        check(ended, "wait4");
        if (ended) return OK;
        if (job->blobs[COMMAND].size && now > look) {
            if (resident_bytes() > job->limits.memory) return MEMORY;
            look = now + LOOK_NS;
        }
    }
    return TIMEOUT;
}

/* Kill and reap every process of the job, adding to what the first one used. */
static void kill_all(pid_t pid, struct rusage *usage, int *status) {
    struct rusage one;
    int code;
    for (;;) {
        pid_t last = wait4(-1, &code, WNOHANG, &one);
        if (last == 0) {
            kill(-1, SIGKILL);
            last = wait4(-1, &code, 0, &one);
        }
        if (last < 0) break; /* none is left */
        if (last == pid) *status = code;
        timeradd(&usage->ru_utime, &one.ru_utime, &usage->ru_utime);
        timeradd(&usage->ru_stime, &one.ru_stime, &usage->ru_stime);
        if (one.ru_maxrss > usage->ru_maxrss) usage->ru_maxrss = one.ru_maxrss;
    }
}

/* Have the kernel look for sockets that hold each other and nothing else does, with all that is on
 * its way through them: it looks when a socket is closed. gVisor never does; there the host sees
 * that the container has grown. */
static void collect_sockets(void) { close(socket(AF_UNIX, SOCK_DGRAM, 0)); }

/* Whether the error stream's last line is Python's word for it. */
static bool says_memory_error(void) {
    const char *end = job->buffers[ERR].at + job->buffers[ERR].used, *start;
    while (end > job->buffers[ERR].at && strchr(" \t\r\n\v\f", end[-1])) end--;
    for (start = end; start > job->buffers[ERR].at && start[-1] != '\n'; start--) {}
    return end - start >= 11 && memcmp(start, "MemoryError", 11) == 0;
}

/* What an end that nobody forced says about the program. */
static int judge(int status, double cpu_s) {
    if (*phase == FORKED || *phase == NO_COMMAND) return FAILED;
    if (cpu_s > job->limits.cpu_s) return TIMEOUT;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return TIMEOUT;
    if (WIFSIGNALED(status)) return SIGNAL;
    if (WEXITSTATUS(status) == 0) return *phase == RUNNING ? OK : COMPILE;
    if (says_memory_error()) return MEMORY;
    return *phase == RUNNING ? NONZERO : COMPILE;
}

/* Open a regular file below the working directory without following a link; -1 if it is none. */
static int open_plain(char *name, struct stat *status) {
    int folder = open(WORKDIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (char *slash; folder >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
        *slash = 0;
        int next = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        *slash = '/';
        close(folder);
        folder = next;
    }
    if (folder < 0) return -1;
    int fd = -1;
    if (fstatat(folder, name, status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status->st_mode))
        fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    close(folder);
    return fd;
}

/* The files asked for, while their sum fits. Nothing changes any more: every process is dead. */
static void fetch(void) {
    struct blob names = job->blobs[FETCH];
    uint64_t budget = job->limits.file_bytes;
    for (char *name = names.at; name < names.at + names.size; name = after(name)) {
        struct stat status;
        int fd = open_plain(name, &status);
        if (fd < 0) continue;
        size_t size = (size_t)status.st_size, before = job->buffers[CONTENTS].used;
        if (size <= budget) {
            reserve(&job->buffers[CONTENTS], size);
            while (job->buffers[CONTENTS].used < before + size) {
                char *at = job->buffers[CONTENTS].at + job->buffers[CONTENTS].used;
                ssize_t got = read(fd, at, before + size - job->buffers[CONTENTS].used);
                check(got, "read");
                if (got == 0) break;
                job->buffers[CONTENTS].used += (size_t)got;
            }
            char length[4];
            put32(length, (uint32_t)(job->buffers[CONTENTS].used - before));
            append(&job->buffers[LENGTHS], length, sizeof length);
            append(&job->buffers[FETCHED], name, strlen(name) + 1);
            budget -= size;
        }
        close(fd);
    }
}

static size_t at_most(size_t size, size_t most) { return size < most ? size : most; }

/* A reply's frame in parts; see zygote.py for what they are. */
struct reply {
    char head[24], fields[29];
    struct iovec parts[7];
};

/* Put the reply together; returns the size of its body. */
static size_t form(struct reply *made, int verdict, int status, double wall_s,
                   const struct rusage *usage) {
    struct limits *most = &job->limits;
    double cpu_s = seconds(usage->ru_utime) + seconds(usage->ru_stime);
    if (over()) verdict = OUTPUT;
    if (verdict == OK) verdict = judge(status, cpu_s);
    size_t out = at_most(job->buffers[OUT].used, most->output_bytes);
    size_t err = at_most(job->buffers[ERR].used, most->output_bytes - out);
    int code = WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
    char *fields = made->fields;
    fields[0] = (char)verdict, fields[1] = (char)(code >> 8), fields[2] = (char)code;
    fields[3] = (char)(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    fields[4] = over();
    uint64_t bits;
    memcpy(&bits, &wall_s, 8), put64(fields + 5, bits);
    memcpy(&bits, &cpu_s, 8), put64(fields + 13, bits);
    put64(fields + 21, (uint64_t)usage->ru_maxrss * 1024);
    size_t files = job->buffers[LENGTHS].used / 4;
    size_t body = 4 + 16 + job->buffers[LENGTHS].used + sizeof made->fields;
    body += job->buffers[FETCHED].used + out + err + job->buffers[CONTENTS].used;
    size_t values[] = {body, 4 + files, sizeof made->fields, job->buffers[FETCHED].used, out, err};
    for (size_t each = 0; each < 6; each++) put32(made->head + 4 * each, (uint32_t)values[each]);
    struct iovec parts[] = {{made->head, sizeof made->head},
                            {job->buffers[LENGTHS].at, job->buffers[LENGTHS].used},
                            {fields, sizeof made->fields},
                            {job->buffers[FETCHED].at, job->buffers[FETCHED].used},
                            {job->buffers[OUT].at, out},
                            {job->buffers[ERR].at, err},
                            {job->buffers[CONTENTS].at, job->buffers[CONTENTS].used}};
    memcpy(made->parts, parts, sizeof parts);
    return body;
}

static void send_parts(const struct iovec *parts, int count) {
    ssize_t written = writev(1, parts, count);
    check(written, "writev");
    for (int each = 0; each < count; each++) { /* what did not fit into the pipe */
        size_t done = at_most((size_t)written, parts[each].iov_len);
        written -= (ssize_t)done;
        write_all(1, (char *)parts[each].iov_base + done, parts[each].iov_len - done);
    }
}

static void drain(int out, int err) {
    while (!over() && take(out, &job->buffers[OUT]) > 0) {}
    while (!over() && take(err, &job->buffers[ERR]) > 0) {}
}

/* Serve one job and end; in the candidate it does not return either. */
static int supervise(void *unused) {
    (void)unused;
    mount_proc();
    if (settings.hide) hide_supervisor();
    receive();
    mount_tmpfs(WORKDIR, job->limits.file_bytes);
    mount_tmpfs("/dev/shm", SHM_BYTES);
    int in = input(), out[2], err[2];
    output(out);
    output(err);
    *phase = FORKED;
    int64_t started = now_ns();
    pid_t pid = fork();
    check(pid, "fork");
    if (pid == 0) become_candidate((int[3]){in, out[1], err[1]});
    close(in);
    close(out[1]);
    close(err[1]);
    struct rusage usage = {0};
    int status = 0;
    int verdict = watch(pid, (int[2]){out[0], err[0]}, started, &usage, &status);
    double wall_s = (double)(now_ns() - started) / 1e9;
    kill_all(pid, &usage, &status);
    drain(out[0], err[0]);
    collect_sockets();
    fetch();
    struct reply made;
    form(&made, verdict, status, wall_s, &usage);
    send_parts(made.parts, 7);
    if (settings.unmount) {
        check(umount2("/dev/shm", MNT_DETACH), "umount");
        check(umount2(WORKDIR, MNT_DETACH), "umount");
        check(umount2("/proc", MNT_DETACH), "umount");
    }
    _exit(REPLIED);
}

/* ── the zygote ───────────────────────────────────────────────────────────────────────────────── */

static void noticed(int number) { (void)number; }

struct region {
    uintptr_t start, end;
    bool writable;
};

static void move_into_one_piece(struct region region) {
    size_t size = region.end - region.start;
    if (!size) return;
    char *copy = map(size, MAP_PRIVATE), *at = (char *)region.start;
    memcpy(copy, at, size);
    if (!region.writable) check(mprotect(copy, size, PROT_READ | PROT_EXEC), "mprotect");
    if (mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED) fail("mremap");
}

/* Have the zygote's memory in few pieces: every writable region, and of every library all that is
 * not. gVisor keeps memory in the pieces in which it was once asked for, and a candidate has a
 * fault of some 40 us for each that it reads, and for each that it writes two and a copy of it.
 * Runs as a process that shares the zygote's memory, on this file's own stack, while the zygote is
 * suspended: nothing changes in what is being moved. */
static int compact(void *maps) {
    size_t used = 0;
    ssize_t got;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    check(fd, "maps");
    while ((got = read(fd, (char *)maps + used, MAPS_BYTES - 1 - used)) > 0) used += (size_t)got;
    close(fd);
    struct region last = {0};
    for (char *line = maps, *next; (next = strchr(line, '\n')); line = next + 1) {
        char *mode;
        struct region one = {.start = strtoul(line, &mode, 16)};
        one.end = strtoul(mode + 1, &mode, 16);
        one.writable = mode[2] == 'w';
        *next = 0;
        if (strstr(mode, "[stack]") && one.end - one.start > STACK_TOP)
            one.start = one.end - STACK_TOP;
        uintptr_t own = (uintptr_t)&used;
        bool movable = mode[1] == 'r' && mode[4] == 'p' && (one.writable || strchr(mode, '/'));
        if (one.start <= own && own < one.end) movable = false;
        if (movable && one.start == last.end && one.writable == last.writable) {
            last.end = one.end;
            continue;
        }
        move_into_one_piece(last);
        last = movable ? one : (struct region){0};
    }
    move_into_one_piece(last);
    _exit(0);
}

static void compact_memory(void) {
    char *maps = map(MAPS_BYTES, MAP_SHARED);
    pid_t pid = clone(compact, stack + STACK_BYTES, CLONE_VM | CLONE_VFORK | SIGCHLD, maps);
    check(pid, "clone");
    check(waitpid(pid, NULL, 0), "waitpid");
    munmap(maps, MAPS_BYTES);
}

/* `first` is the first descriptor that is of no use: whatever a warm-up left open. */
static void prepare(const struct settings *given, int first) {
    settings = *given;
    close_from(first, DESCRIPTORS);
    phase = map((size_t)getpagesize(), MAP_SHARED);
    stack = map(STACK_BYTES, MAP_PRIVATE);
    job = map(sizeof *job, MAP_SHARED);
    wipe();
    struct sigaction action = {.sa_handler = noticed}; /* so that ppoll is interrupted */
    check(sigaction(SIGCHLD, &action, NULL), "sigaction");
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    check(sigprocmask(SIG_BLOCK, &child, NULL), "sigprocmask");
    umask(022);
    if (settings.compact) compact_memory();
}

/* Have `work` done by a process that shares this one's memory, and wait for its end. */
static void have_done(int (*work)(void *), int flags) {
    pid_t pid = clone(work, stack + STACK_BYTES, flags | CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    check(pid, "clone");
    check(waitpid(pid, &job->ended, 0), "waitpid");
    int ended = job->ended;
    if (ended) _exit(WIFEXITED(ended) && WEXITSTATUS(ended) == END_OF_INPUT ? 0 : BROKEN);
}

/* One job after another. Returns in every candidate, with its program, and nowhere else. */
void *serve(const struct settings *given) {
    prepare(given, 3);
    int flags = NAMESPACES | (settings.network ? CLONE_NEWNET : 0);
    if (setjmp(serving)) return program;
    for (;;) {
        have_done(supervise, flags);
        wipe();
    }
}
