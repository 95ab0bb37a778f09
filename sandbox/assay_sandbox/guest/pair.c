/* Pairs, natively: follows core.c in one library. pair.py says what the processes are, and does the
 * same in Python; both are held to the same tests.
 *
 *     zygote      serve_pairs(): as serve()
 *     watcher     watch_pair(): shares the zygote's memory, as a supervisor does. It forks the two
 *                 before their requests come, and afterwards reads outputs, the clock and ends.
 *     a side      become_side(): in new namespaces with a copy of that memory. It reads its request
 *                 into memory of its own, and lets go of everything shared before its program runs.
 *
 * The watcher has a `job` for each side, with its limits and what it wrote; a request is never in
 * it. The page of a side, shared with the watcher, is its `phase` and tells its limits.
 */

#define ASIDE "/dev/tester"
#define FIRST_FREE 5 /* after a program's descriptors: 0-2, from the other side, to it */
#define MOMENT_S 0.05
#define PATIENCE_S 0.01 /* most pairs end sooner, and write less than their pipes hold */

enum { CANDIDATE, TESTER, SIDES };

struct page {
    volatile uint8_t phase;
    struct limits limits;
};

static struct side {
    struct page *page;
    struct job *job;
    pid_t pid;
    int out[2], err[2];
    int cause; /* why it was killed, else OK */
    bool ended;
    int status;
    struct rusage usage;
    double wall_s;
} sides[SIDES];

static int network; /* a descriptor of the candidate's network namespace, or -1 */
static int highest; /* the last descriptor that was opened */

/* What follows concerns this side. */
static void turn_to(const struct side *side) {
    job = side->job;
    phase = &side->page->phase;
}

static void open_pipe(int ends[2]) {
    check(pipe2(ends, 0), "pipe");
    highest = ends[1];
}

/* ── a side ───────────────────────────────────────────────────────────────────────────────────── */

/* Be what the kernel kills first where the container has no memory left: not the tester. */
static void offer_to_die(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    if (fd < 0) return;
    if (write(fd, "1000", 4) < 0) {} /* then it is a matter of size */
    close(fd);
}

/* Keep of the memory that is shared the own page alone. */
static void let_go(const struct side *own) {
    for (struct side *each = sides; each < sides + SIDES; each++) {
        munmap(each->job, sizeof *each->job);
        if (each != own) munmap(each->page, (size_t)getpagesize());
    }
    phase = &own->page->phase;
    job = map(sizeof *job, MAP_PRIVATE);
    clear();
}

/* Read the request and go on as its program.
 * ends: of the two pipes, to read from and to write to; turn: where it is told that the next
 * request is its own, or -1 where the first is; done: where to tell that it was read. */
static void become_side(struct side *side, const int ends[2], int turn, int done) {
    bool aside = settings.unmount && side == &sides[TESTER];
    char byte;
    let_go(side);
    if (!aside) mount_proc();
    if (turn >= 0 && read(turn, &byte, 1) <= 0) _exit(END_OF_INPUT);
    if (side == &sides[TESTER]) settings.uid++;
    receive();
    side->page->limits = job->limits;
    workdir = aside ? ASIDE : WORKDIR;
    mount_tmpfs(workdir, job->limits.file_bytes);
    if (!aside) mount_tmpfs("/dev/shm", SHM_BYTES);
    int in = input();
    check(write(done, ".", 1), "write");
    check(setsid(), "setsid");
    jail((int[]){in, side->out[1], side->err[1], ends[0], ends[1]}, FIRST_FREE,
         in > highest ? in : highest);
    lay_out();
    arrive();
    void *folder = PyBytes_FromStringAndSize(workdir, (ssize_t)strlen(workdir));
    program = PyTuple_Pack(4, bytes(SOURCE), bytes(ARGV), bytes(ENV), folder);
    if (!folder || !program) fail("memory");
    munmap(job, sizeof *job);
    longjmp(serving, 1);
}

/* ── the watcher ──────────────────────────────────────────────────────────────────────────────── */

static pid_t fork_apart(int more) {
    pid_t pid = (pid_t)syscall(SYS_clone, NAMESPACES | more | SIGCHLD, 0, 0, 0, 0);
    check(pid, "clone");
    return pid;
}

/* End everything of a side, unless that has been done. */
static void put_down(struct side *side, int cause) {
    if (side->ended || side->cause != OK) return;
    side->cause = cause;
    kill(side->pid, SIGKILL);
}

/* Note its end, if it has ended. */
static void reap(struct side *side, double seconds) {
    if (side->ended) return;
    pid_t pid = wait4(side->pid, &side->status, WNOHANG, &side->usage);
    check(pid, "wait4");
    if (pid == 0) return;
    side->ended = true;
    side->wall_s = seconds;
    if (!WIFSIGNALED(side->status) || WTERMSIG(side->status) != SIGKILL)
        side->cause = OK; /* before it could be killed */
    collect_sockets(); /* the pipe's end may be on its way through one */
}

/* How long there is nothing to do but read. */
static double idle_s(double seconds) {
    double least = sides[TESTER].ended ? MOMENT_S : 1e6;
    for (struct side *each = sides; each < sides + SIDES; each++) {
        double left = each->job->limits.wall_s - seconds;
        if (each->cause == OK && !each->ended && left < least) least = left;
    }
    return least < 0 ? 0 : least;
}

/* Watch both until they have ended, and have the candidate end with the tester. */
static void until_ended(void) {
    struct side *candidate = &sides[CANDIDATE], *tester = &sides[TESTER];
    struct pollfd polled[1 + 2 * SIDES] = {{0, 0, 0}};
    struct buffer *into[1 + 2 * SIDES] = {NULL};
    for (int each = 0; each < SIDES; each++) {
        struct buffer *buffers = sides[each].job->buffers;
        polled[1 + 2 * each] = (struct pollfd){sides[each].out[0], POLLIN, 0};
        polled[2 + 2 * each] = (struct pollfd){sides[each].err[0], POLLIN, 0};
        into[1 + 2 * each] = &buffers[OUT];
        into[2 + 2 * each] = &buffers[ERR];
    }
    sigset_t none;
    sigemptyset(&none);
    int64_t started = now_ns();
    for (;;) {
        double spent_s = (double)(now_ns() - started) / 1e9;
        for (struct side *each = sides; each < sides + SIDES; each++) {
            turn_to(each);
            reap(each, spent_s);
            if (over()) put_down(each, OUTPUT);
            if (spent_s > job->limits.wall_s) put_down(each, TIMEOUT);
        }
        if (tester->ended && spent_s > tester->wall_s + MOMENT_S) put_down(candidate, SIGNAL);
        if (tester->ended && candidate->ended) return;
        double least_s = idle_s(spent_s), patience_s = PATIENCE_S - spent_s;
        bool patient = patience_s > 0;
        if (patient && patience_s < least_s) least_s = patience_s;
        int64_t idle_ns = (int64_t)(least_s * 1e9) + 1000000;
        struct timespec left = {idle_ns / 1000000000, idle_ns % 1000000000};
        int count = patient ? 1 : 1 + 2 * SIDES;
        int ready = ppoll(polled, (nfds_t)count, &left, &none); /* SIGCHLD comes in only here */
        if (ready > 0 && polled[0].revents) _exit(END_OF_INPUT); /* the host is gone */
        for (int each = 1; ready > 0 && each < count; each++)
            if (polled[each].revents && take(polled[each].fd, into[each]) == 0)
                polled[each].fd = -1;
    }
}

/* OUTLIVED · the candidate's reply · the tester's, in one frame. */
static void reply_for_both(void) {
    char head[21];
    struct reply made[SIDES];
    struct iovec parts[1 + 7 * SIDES] = {{head, sizeof head}};
    size_t sizes[SIDES];
    bool outlived = sides[CANDIDATE].cause == SIGNAL;
    for (int each = 0; each < SIDES; each++) {
        struct side *side = &sides[each];
        turn_to(side);
        drain(side->out[0], side->err[0]);
        sizes[each] = form(&made[each], side->cause, side->status, side->wall_s, &side->usage);
        memcpy(parts + 1 + 7 * each, made[each].parts, sizeof made[each].parts);
        parts[1 + 7 * each].iov_base = made[each].head + 4; /* its length is told above */
        parts[1 + 7 * each].iov_len -= 4;
    }
    size_t values[] = {17 + sizes[CANDIDATE] + sizes[TESTER], 3, 1, sizes[CANDIDATE],
                       sizes[TESTER]};
    for (size_t each = 0; each < 5; each++) put32(head + 4 * each, (uint32_t)values[each]);
    head[20] = (char)outlived;
    send_parts(parts, 1 + 7 * SIDES);
}

/* Serve one pair and end; in the sides it does not return either. */
static int watch_pair(void *unused) {
    (void)unused;
    struct side *candidate = &sides[CANDIDATE], *tester = &sides[TESTER];
    int turn[2], ready[2], to_tester[2], to_candidate[2];
    int *pipes[] = {turn, ready, to_tester, to_candidate};
    for (int each = 0; each < 4; each++) open_pipe(pipes[each]);
    for (struct side *each = sides; each < sides + SIDES; each++) {
        *each = (struct side){.page = each->page, .job = each->job};
        each->page->phase = FORKED;
        output(each->out);
        output(each->err);
        highest = each->err[1];
    }
    char byte;
    candidate->pid = fork_apart(settings.network ? CLONE_NEWNET : 0);
    if (candidate->pid == 0) {
        if (network >= 0) check(setns(network, CLONE_NEWNET), "setns");
        offer_to_die();
        become_side(candidate, (int[]){to_candidate[0], to_tester[1]}, -1, turn[1]);
    }
    tester->pid = fork_apart(0);
    if (tester->pid == 0) {
        close(turn[1]);
        become_side(tester, (int[]){to_tester[0], to_candidate[1]}, turn[0], ready[1]);
    }
    for (int each = 0; each < 4; each++) {
        close(pipes[each][1]);
        if (pipes[each] != ready) close(pipes[each][0]);
    }
    for (struct side *each = sides; each < sides + SIDES; each++) {
        close(each->out[1]);
        close(each->err[1]);
    }
    if (read(ready[0], &byte, 1) <= 0) _exit(END_OF_INPUT);
    for (struct side *each = sides; each < sides + SIDES; each++)
        each->job->limits = each->page->limits;
    until_ended();
    reply_for_both();
    if (settings.unmount) {
        static const char *const targets[] = {WORKDIR, "/dev/shm", "/proc", ASIDE};
        for (int each = 0; each < 4; each++) check(umount2(targets[each], MNT_DETACH), "umount");
    }
    _exit(REPLIED);
}

/* ── the zygote ───────────────────────────────────────────────────────────────────────────────── */

/* One pair after another. Returns in every side, with its program and its folder, and nowhere else.
 * given_network: a descriptor, FIRST_FREE, of the candidate's network namespace, or -1. */
void *serve_pairs(const struct settings *given, int given_network) {
    network = given_network;
    prepare(given, network < 0 ? FIRST_FREE : FIRST_FREE + 1);
    sides[CANDIDATE].page = (void *)phase;
    sides[CANDIDATE].job = job;
    sides[TESTER].page = map((size_t)getpagesize(), MAP_SHARED);
    sides[TESTER].job = map(sizeof *job, MAP_SHARED);
    turn_to(&sides[TESTER]);
    clear();
    if (setjmp(serving)) return program;
    for (;;) {
        have_done(watch_pair, 0);
        turn_to(&sides[CANDIDATE]);
        clear();
        turn_to(&sides[TESTER]);
        wipe();
    }
}
