/* What simulator/channel.h says, between processes and threads. Exits 1 at the first condition that does not hold, and
 * 77 if the one case that was asked for cannot run here.
 *
 *     channel            all cases
 *     channel CASE...    these */
#define _GNU_SOURCE /* alarm, fork, mkdtemp, setenv, unshare, RUSAGE_THREAD */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/channel.h"

#include "must.h"

#ifdef _WIN32
#include <sddl.h>
#else
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

/* Milliseconds: only a hang reaches it; and a time that passes in a test. */
#define HANG 60000
#define SHORT 100
#define MEBIBYTE 1048576
#define EXIT_SKIPPED 77

/* ---- time, threads and processes ---- */

static double seconds(void) {
    LARGE_INTEGER count, frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart / (double)frequency.QuadPart;
}

typedef struct {
    DWORD (*run)(void *given);
    void *given;
    DWORD result;
    HANDLE begun;
    HANDLE ended;
} thread;

static DWORD WINAPI run_thread(LPVOID given) {
    thread *self = given;

    SetEvent(self->begun);
    self->result = self->run(self->given);
    SetEvent(self->ended);
    return 0;
}

static void start_thread(thread *self, DWORD (*run)(void *), void *given) {
    HANDLE started;

    self->run = run;
    self->given = given;
    self->begun = CreateEventW(NULL, TRUE, FALSE, NULL);
    self->ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    started = CreateThread(NULL, 0, run_thread, self, 0, NULL);
    MUST(started);
    CloseHandle(started);
    MUST(WaitForSingleObject(self->begun, HANG) == WAIT_OBJECT_0);
}

static DWORD join_thread(thread *self) {
    MUST(WaitForSingleObject(self->ended, HANG) == WAIT_OBJECT_0);
    CloseHandle(self->begun);
    CloseHandle(self->ended);
    return self->result;
}

#ifdef _WIN32
typedef PROCESS_INFORMATION process;

static uint32_t own_id(void) { return GetCurrentProcessId(); }

/* With all handles that can be inherited. */
static process start(const char *role, const char *name) {
    STARTUPINFOA startup;
    char path[MAX_PATH], command[2 * MAX_PATH];
    process started;

    memset(&startup, 0, sizeof(startup));
    startup.cb = sizeof(startup);
    MUST(GetModuleFileNameA(NULL, path, sizeof(path)) > 0);
    snprintf(command, sizeof(command), "\"%s\" as %s %s %lu", path, role, name, GetCurrentProcessId());
    MUST(CreateProcessA(path, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &started));
    return started;
}

static uint32_t id_of(const process *self) { return self->dwProcessId; }

static void end(process *self) { TerminateProcess(self->hProcess, 3); }

static int code_of(process *self) {
    DWORD code;

    MUST(WaitForSingleObject(self->hProcess, HANG) == WAIT_OBJECT_0);
    MUST(GetExitCodeProcess(self->hProcess, &code));
    CloseHandle(self->hProcess);
    CloseHandle(self->hThread);
    return (int)code;
}

static unsigned count_descriptors(void) {
    DWORD count;

    MUST(GetProcessHandleCount(GetCurrentProcess(), &count));
    return count;
}
#else
typedef pid_t process;

static uint32_t own_id(void) { return (uint32_t)getpid(); }

static process start(const char *role, const char *name) {
    char parent[16];
    pid_t child;

    snprintf(parent, sizeof(parent), "%u", own_id());
    child = fork();
    MUST(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "channel", "as", role, name, parent, (char *)NULL);
        _exit(127);
    }
    return child;
}

static uint32_t id_of(const process *self) { return (uint32_t)*self; }

static void end(process *self) { kill(*self, SIGKILL); }

static int code_of(process *self) {
    int status;

    MUST(waitpid(*self, &status, 0) == *self);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static unsigned count_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    MUST(folder);
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}
#endif

/* A name of this process's own, which stays. */
static const char *named(const char *what) {
    static char all[100][CHANNEL_MOST_NAME + 1];
    static int count;

    MUST(count < 100);
    snprintf(all[count], sizeof(all[count]), "%s-%lu", what, (unsigned long)own_id());
    return all[count++];
}

static listener *serve(const char *name) {
    listener *opened;

    MUST(listener_open(name, &opened) == ERROR_SUCCESS && opened);
    return opened;
}

static channel *accept_one(listener *from) {
    channel *accepted;

    MUST(listener_accept(from, &accepted) == ERROR_SUCCESS && accepted);
    return accepted;
}

static channel *join(const char *name) {
    channel *connected;

    MUST(channel_connect(name, &connected) == ERROR_SUCCESS && connected);
    return connected;
}

/* Connecting does not wait for listener_accept. The client has spoken first. */
static void make_pair(listener *from, const char *name, channel **client, channel **server) {
    char said = 0;

    *client = join(name);
    *server = accept_one(from);
    MUST(channel_send(*client, "!", 1, HANG) == ERROR_SUCCESS);
    MUST(channel_receive(*server, &said, 1, HANG) == ERROR_SUCCESS && said == '!');
}

static void close_pair(channel *client, channel *server) {
    channel_close(client);
    channel_close(server);
}

/* ---- what other processes do ---- */

/* Sends back what it receives, as it comes. */
static int role_echo(channel *home) {
    static uint8_t piece[4096];
    uint32_t size;

    while (channel_receive(home, &size, sizeof(size), HANG) == ERROR_SUCCESS) {
        MUST(size <= sizeof(piece));
        MUST(channel_receive(home, piece, size, HANG) == ERROR_SUCCESS);
        MUST(channel_send(home, piece, size, HANG) == ERROR_SUCCESS);
    }
    return 0;
}

/* Tries to serve a name, says how that went, and serves it until its parent goes. */
static int role_serve(channel *home) {
    char name[CHANNEL_MOST_NAME + 1] = {0};
    listener *opened;
    DWORD error;

    MUST(channel_receive(home, name, sizeof(name), HANG) == ERROR_SUCCESS);
    error = listener_open(name, &opened);
    MUST(channel_send(home, &error, sizeof(error), HANG) == ERROR_SUCCESS);
    MUST(channel_receive(home, name, 1, HANG) == ERROR_BROKEN_PIPE);
    if (opened) {
        listener_close(opened);
    }
    return 0;
}

static DWORD ask_to_serve(channel *other, const char *name) {
    char all[CHANNEL_MOST_NAME + 1] = {0};
    DWORD error = ERROR_SUCCESS;

    snprintf(all, sizeof(all), "%s", name);
    MUST(channel_send(other, all, sizeof(all), HANG) == ERROR_SUCCESS);
    MUST(channel_receive(other, &error, sizeof(error), HANG) == ERROR_SUCCESS);
    return error;
}

/* Says how many descriptors it has. */
static int role_count(channel *home) {
    unsigned count = count_descriptors();

    MUST(channel_send(home, &count, sizeof(count), HANG) == ERROR_SUCCESS);
    MUST(channel_receive(home, &count, 1, HANG) == ERROR_BROKEN_PIPE);
    return 0;
}

#ifndef _WIN32
/* Serves a name and forks; its child, whose id it says, stays. */
static int role_fork(channel *home) {
    char name[CHANNEL_MOST_NAME + 1] = {0};
    listener *opened;
    channel *accepted;
    DWORD error;
    pid_t child;

    MUST(channel_receive(home, name, sizeof(name), HANG) == ERROR_SUCCESS);
    error = listener_open(name, &opened);
    MUST(channel_send(home, &error, sizeof(error), HANG) == ERROR_SUCCESS);
    accepted = accept_one(opened);
    child = fork();
    if (child == 0) {
        alarm(HANG / 1000);
        pause();
        _exit(0);
    }
    MUST(channel_send(accepted, &child, sizeof(child), HANG) == ERROR_SUCCESS);
    MUST(channel_receive(home, name, 1, HANG) == ERROR_BROKEN_PIPE);
    return 0;
}
#endif

static int play(const char *role, const char *name, const char *parent) {
    static const struct {
        const char *name;
        int (*run)(channel *home);
    } roles[] = {{"echo", role_echo},
                 {"serve", role_serve},
                 {"count", role_count},
#ifndef _WIN32
                 {"fork", role_fork}
#endif
    };
    channel *home = join(name);

    MUST(channel_process(home) == strtoul(parent, NULL, 10));
    MUST(channel_send(home, "!", 1, HANG) == ERROR_SUCCESS);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(roles[i].name, role) == 0) {
            int code = roles[i].run(home);

            channel_close(home);
            return code;
        }
    }
    return 1;
}

/* Another process, and the channel to it. */
static process start_role(const char *role, channel **other) {
    const char *name = named("home");
    listener *opened = serve(name);
    process started = start(role, name);
    char said = 0;

    *other = accept_one(opened);
    listener_close(opened);
    MUST(channel_receive(*other, &said, 1, HANG) == ERROR_SUCCESS && said == '!');
    MUST(channel_process(*other) == id_of(&started));
    return started;
}

/* ---- cases ---- */

static uint8_t byte_at(size_t at) { return (uint8_t)(at * 31 + at / 251); }

static uint32_t piece_at(size_t at) { return (uint32_t)(at * 7919 % 4000 + 1); }

static DWORD send_pieces(void *given) {
    uint8_t piece[sizeof(uint32_t) + 4096];
    DWORD error = ERROR_SUCCESS;

    for (size_t at = 0; !error && at < MEBIBYTE;) {
        uint32_t size = piece_at(at) < MEBIBYTE - at ? piece_at(at) : (uint32_t)(MEBIBYTE - at);

        memcpy(piece, &size, sizeof(size));
        for (uint32_t i = 0; i < size; i++) {
            piece[sizeof(size) + i] = byte_at(at + i);
        }
        error = channel_send(given, piece, sizeof(size) + size, HANG);
        at += size;
    }
    return error;
}

/* One thread sends 1 MiB in pieces while another receives what the other process sends back. */
static int exchange(void) {
    static uint8_t back[MEBIBYTE];
    thread sender;
    channel *other;
    process echo = start_role("echo", &other);

    start_thread(&sender, send_pieces, other);
    MUST(channel_receive(other, back, sizeof(back), HANG) == ERROR_SUCCESS);
    MUST(join_thread(&sender) == ERROR_SUCCESS);
    for (size_t at = 0; at < sizeof(back); at++) {
        MUST(back[at] == byte_at(at));
    }
    channel_close(other);
    MUST(code_of(&echo) == 0);
    return 0;
}

static uint8_t much[16 * MEBIBYTE];

/* A peer that neither reads nor writes. */
static int deadlines(void) {
    const char *name = named("deadlines");
    listener *opened = serve(name);
    channel *client, *server;
    double begun;

    make_pair(opened, name, &client, &server);
    for (int side = 0; side < 2; side++) {
        channel *self = side ? client : server;

        begun = seconds();
        MUST(channel_receive(self, much, 1, SHORT) == ERROR_TIMEOUT);
        MUST(seconds() - begun > 0.8 * SHORT / 1000);
        MUST(channel_receive(self, much, 1, 0) == ERROR_TIMEOUT);
    }
    for (int side = 0; side < 2; side++) {
        channel *self = side ? client : server;

        begun = seconds();
        MUST(channel_send(self, much, sizeof(much), SHORT) == ERROR_TIMEOUT);
        MUST(seconds() - begun > 0.8 * SHORT / 1000);
        MUST(channel_send(self, much, sizeof(much), 0) == ERROR_TIMEOUT);
    }
    close_pair(client, server);
    listener_close(opened);
    return 0;
}

static DWORD receive_forever(void *given) {
    char byte;

    return channel_receive(given, &byte, 1, INFINITE);
}

static DWORD send_forever(void *given) { return channel_send(given, much, sizeof(much), INFINITE); }

static int shut(void) {
    const char *name = named("shut");
    listener *opened = serve(name);
    channel *client, *server;
    char byte;

    make_pair(opened, name, &client, &server);
    MUST(channel_send(client, "!", 1, HANG) == ERROR_SUCCESS);
    channel_shut(server);
    MUST(channel_receive(server, &byte, 1, INFINITE) == ERROR_BROKEN_PIPE);
    MUST(channel_send(server, &byte, 1, INFINITE) == ERROR_BROKEN_PIPE);
    close_pair(client, server);
    /* Now before a thread has begun to wait, now after: nothing says which. */
    for (int round = 0; round < 100; round++) {
        thread receives, sends;

        make_pair(opened, name, &client, &server);
        start_thread(&receives, receive_forever, server);
        start_thread(&sends, send_forever, server);
        if (round % 2) {
            MUST(channel_receive(client, &byte, 1, HANG) == ERROR_SUCCESS);
        }
        channel_shut(server);
        MUST(join_thread(&receives) == ERROR_BROKEN_PIPE);
        MUST(join_thread(&sends) == ERROR_BROKEN_PIPE);
        close_pair(client, server);
    }
    listener_close(opened);
    return 0;
}

/* What was sent before is received first. */
static int closed(void) {
    const char *name = named("closed");
    listener *opened = serve(name);

    for (int side = 0; side < 2; side++) {
        channel *client, *server, *closes, *stays;
        char said[4] = {0};

        make_pair(opened, name, &client, &server);
        closes = side ? client : server;
        stays = side ? server : client;
        MUST(channel_send(closes, "bye", 3, HANG) == ERROR_SUCCESS);
        channel_close(closes);
        MUST(channel_receive(stays, said, 3, HANG) == ERROR_SUCCESS && strcmp(said, "bye") == 0);
        MUST(channel_receive(stays, said, 1, HANG) == ERROR_BROKEN_PIPE);
        MUST(channel_send(stays, much, sizeof(much), HANG) == ERROR_BROKEN_PIPE);
        channel_close(stays);
    }
    listener_close(opened);
    return 0;
}

/* A process that is killed: its channels end, and its name is free. */
static int killed(void) {
    const char *name = named("killed");
    listener *opened;
    channel *other, *client;
    process serves = start_role("serve", &other);
    char byte;

    MUST(ask_to_serve(other, name) == ERROR_SUCCESS);
    client = join(name);
    end(&serves);
    MUST(channel_receive(other, &byte, 1, HANG) == ERROR_BROKEN_PIPE);
    MUST(code_of(&serves) != 0);
    MUST(channel_receive(client, &byte, 1, HANG) == ERROR_BROKEN_PIPE);
    close_pair(client, other);
    MUST(channel_connect(name, &client) == ERROR_FILE_NOT_FOUND && !client);
    opened = serve(name);
    make_pair(opened, name, &client, &other);
    close_pair(client, other);
    listener_close(opened);
    return 0;
}

static int names(void) {
    static const char *const bad[] = {"", ".", "..", "a/b", "a\\b", "a b", "a+lock", "\xc3\xa9", "a\n"};
    char longest[CHANNEL_MOST_NAME + 2] = {0};
    listener *opened;
    channel *connected;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        MUST(listener_open(bad[i], &opened) == ERROR_INVALID_PARAMETER && !opened);
        MUST(channel_connect(bad[i], &connected) == ERROR_INVALID_PARAMETER && !connected);
    }
    memset(longest, 'x', CHANNEL_MOST_NAME + 1);
    MUST(listener_open(longest, &opened) == ERROR_INVALID_PARAMETER);
    MUST(channel_connect(longest, &connected) == ERROR_INVALID_PARAMETER);
    longest[CHANNEL_MOST_NAME] = 0;
    opened = serve(longest);
    channel_close(join(longest));
    listener_close(opened);
    return 0;
}

static int taken(void) {
    const char *name = named("taken"), *like = named("taken.lock");
    listener *opened, *second;
    channel *other, *client, *server;
    process serves;

    MUST(channel_connect(name, &client) == ERROR_FILE_NOT_FOUND && !client);
    opened = serve(name);
    second = serve(like);
    MUST(channel_connect(named("take"), &client) == ERROR_FILE_NOT_FOUND);
    listener_close(second);
    MUST(listener_open(name, &second) == ERROR_ALREADY_EXISTS && !second);
    serves = start_role("serve", &other);
    MUST(ask_to_serve(other, name) == ERROR_ALREADY_EXISTS);
    channel_close(other);
    MUST(code_of(&serves) == 0);
    make_pair(opened, name, &client, &server);
    listener_close(opened);
    close_pair(client, server);
    MUST(channel_connect(name, &client) == ERROR_FILE_NOT_FOUND);

    serves = start_role("serve", &other);
    MUST(ask_to_serve(other, name) == ERROR_SUCCESS);
    MUST(listener_open(name, &second) == ERROR_ALREADY_EXISTS);
    channel_close(other);
    MUST(code_of(&serves) == 0);
    listener_close(serve(name));
    return 0;
}

static DWORD accept_stopped(void *given) {
    channel *accepted;
    DWORD error = listener_accept(given, &accepted);

    if (accepted) {
        channel_close(accepted);
    }
    return error;
}

static int stopped(void) {
    const char *name = named("stopped");
    listener *opened;
    channel *client, *server;

    for (int round = 0; round < 100; round++) {
        thread accepts;

        opened = serve(name);
        start_thread(&accepts, accept_stopped, opened);
        listener_stop(opened);
        MUST(join_thread(&accepts) == ERROR_OPERATION_ABORTED);
        MUST(listener_accept(opened, &server) == ERROR_OPERATION_ABORTED && !server);
        listener_close(opened);
    }
    opened = serve(name);
    client = join(name);
    listener_stop(opened);
    MUST(listener_accept(opened, &server) == ERROR_OPERATION_ABORTED && !server);
    listener_close(opened);
    MUST(channel_receive(client, much, 1, HANG) == ERROR_BROKEN_PIPE);
    channel_close(client);
    return 0;
}

enum { CROWD = 8, CONNECTS = 50 };

static DWORD connect_often(void *given) {
    DWORD error = ERROR_SUCCESS;

    for (int i = 0; !error && i < CONNECTS; i++) {
        channel *client;
        char byte = '?';

        error = channel_connect(given, &client);
        if (!error) {
            error = channel_send(client, &byte, 1, HANG);
            error = error ? error : channel_receive(client, &byte, 1, HANG);
            error = error || byte == '?' ? error : (DWORD)ERROR_INVALID_PARAMETER;
            channel_close(client);
        }
    }
    return error;
}

static int crowd(void) {
    const char *name = named("crowd");
    thread connects[CROWD];
    listener *opened;

    opened = serve(name);
    for (int i = 0; i < CROWD; i++) {
        start_thread(&connects[i], connect_often, (void *)(uintptr_t)name);
    }
    for (int i = 0; i < CROWD * CONNECTS; i++) {
        channel *server = accept_one(opened);
        char byte;

        MUST(channel_receive(server, &byte, 1, HANG) == ERROR_SUCCESS);
        MUST(channel_send(server, &byte, 1, HANG) == ERROR_SUCCESS);
        MUST(channel_receive(server, &byte, 1, HANG) == ERROR_BROKEN_PIPE);
        channel_close(server);
    }
    for (int i = 0; i < CROWD; i++) {
        MUST(join_thread(&connects[i]) == ERROR_SUCCESS);
    }
    listener_close(opened);
    return 0;
}

/* None is left over, and none goes to a program that this one starts. */
static int descriptors(void) {
    const char *name = named("descriptors");
    unsigned before = 0, alone = 0, beside = 0;
    channel *client, *server, *other;
    listener *opened, *second;
    process counts;

    for (int i = 0; i < 1000; i++) {
        opened = serve(name);
        MUST(listener_open(name, &second) == ERROR_ALREADY_EXISTS);
        make_pair(opened, name, &client, &server);
        close_pair(client, server);
        listener_close(opened);
        MUST(channel_connect(name, &client) == ERROR_FILE_NOT_FOUND);
        before = i ? before : count_descriptors();
    }
    MUST(count_descriptors() == before);
    counts = start_role("count", &other);
    MUST(channel_receive(other, &alone, sizeof(alone), HANG) == ERROR_SUCCESS);
    channel_close(other);
    MUST(code_of(&counts) == 0);
    opened = serve(name);
    make_pair(opened, name, &client, &server);
    counts = start_role("count", &other);
    MUST(channel_receive(other, &beside, sizeof(beside), HANG) == ERROR_SUCCESS);
    MUST(beside == alone);
    listener_close(opened);
    close_pair(client, server);
    MUST(channel_connect(name, &client) == ERROR_FILE_NOT_FOUND);
    channel_close(other);
    MUST(code_of(&counts) == 0);
    return 0;
}

#ifdef _WIN32
/* Who has connected is known once it has spoken. */
static int known(void) {
    const char *name = named("known");
    listener *opened = serve(name);
    channel *client = join(name), *server = accept_one(opened);
    char byte = '!';

    MUST(channel_send(server, &byte, 1, HANG) == ERROR_ACCESS_DENIED);
    MUST(channel_send(client, &byte, 1, HANG) == ERROR_SUCCESS);
    MUST(channel_receive(server, &byte, 1, HANG) == ERROR_SUCCESS);
    MUST(channel_send(server, &byte, 1, HANG) == ERROR_SUCCESS);
    close_pair(client, server);
    listener_close(opened);
    return 0;
}
/* A pipe of that name which another user owns. */
static int owners(void) {
    static const WCHAR administrators[] = L"O:BAD:P(A;;GA;;;WD)";
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), NULL, FALSE};
    const char *name = named("owners");
    WCHAR full[512];
    union {
        TOKEN_USER token;
        BYTE room[256];
    } user;
    LPWSTR sid = NULL;
    channel *client;
    HANDLE own, pipe;
    DWORD size;

    MUST(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own));
    MUST(GetTokenInformation(own, TokenUser, &user, sizeof(user), &size));
    MUST(ConvertSidToStringSidW(user.token.User.Sid, &sid));
    swprintf(full, sizeof(full) / sizeof(full[0]), L"\\\\.\\pipe\\winras-%ls-%hs", sid, name);
    MUST(ConvertStringSecurityDescriptorToSecurityDescriptorW(administrators, SDDL_REVISION_1,
                                                              &attributes.lpSecurityDescriptor, NULL));
    pipe = CreateNamedPipeW(full, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2, 4096, 4096, 0, &attributes);
    LocalFree(attributes.lpSecurityDescriptor);
    LocalFree(sid);
    CloseHandle(own);
    if (pipe == INVALID_HANDLE_VALUE) {
        MUST(GetLastError() == ERROR_INVALID_OWNER);
        return EXIT_SKIPPED;
    }
    MUST(channel_connect(name, &client) == ERROR_ACCESS_DENIED && !client);
    CloseHandle(pipe);
    return 0;
}
#else
static char runtime[] = "/tmp/winras-channel-XXXXXX";

static const char *in_folder(const char *name) {
    static char paths[2][256];
    static int turn;

    turn = !turn;
    snprintf(paths[turn], sizeof(paths[turn]), "%s/winras%s%s", runtime, *name ? "/" : "", name);
    return paths[turn];
}

static void must_be_refused(const char *name) {
    listener *opened;
    channel *connected;

    MUST(listener_open(name, &opened) == ERROR_ACCESS_DENIED && !opened);
    MUST(channel_connect(name, &connected) == ERROR_ACCESS_DENIED && !connected);
}

static void must_work(const char *name) {
    listener *opened = serve(name);
    channel *client, *server;

    make_pair(opened, name, &client, &server);
    close_pair(client, server);
    listener_close(opened);
}

/* The folder is this user's alone, or nothing works. */
static int folders(void) {
    static const mode_t refused[] = {0755, 0710, 0701, 0770, 0777, 0500};
    const char *name = named("folders"), *folder = in_folder("");
    char moved[64];
    struct stat status;

    must_work(name);
    MUST(lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && (status.st_mode & 0777) == 0700);
    MUST(lstat(in_folder(name), &status) != 0 && errno == ENOENT);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        MUST(chmod(folder, refused[i]) == 0);
        must_be_refused(name);
    }
    MUST(chmod(folder, 0700) == 0);
    must_work(name);
    snprintf(moved, sizeof(moved), "%s/moved", runtime);
    MUST(rename(folder, moved) == 0);
    MUST(symlink("moved", folder) == 0);
    must_be_refused(name);
    MUST(unlink(folder) == 0);
    MUST(close(open(folder, O_CREAT | O_WRONLY, 0700)) == 0);
    must_be_refused(name);
    MUST(unlink(folder) == 0);
    MUST(rename(moved, folder) == 0);
    must_work(name);
    return 0;
}

/* A runtime directory that is not what it must be is not used; one whose path is longer than a socket's may be is. */
static int runtimes(void) {
    const char *name = named("runtimes");
    char path[512], other[256];
    listener *opened;

    snprintf(path, sizeof(path), "/tmp/winras-%lu/%s", (unsigned long)geteuid(), name);
    MUST(chdir("/tmp") == 0);
    for (int which = 0; which < 4; which++) {
        const char *const odd[] = {runtime + strlen("/tmp/"), "", "/nonexistent"};

        MUST(which == 3 ? chmod(runtime, 0755) == 0 && setenv("XDG_RUNTIME_DIR", runtime, 1) == 0
                        : setenv("XDG_RUNTIME_DIR", odd[which], 1) == 0);
        opened = serve(name);
        MUST(access(path, F_OK) == 0);
        listener_close(opened);
        MUST(access(path, F_OK) != 0);
    }
    MUST(chmod(runtime, 0700) == 0);
    snprintf(other, sizeof(other), "%s/%0150d", runtime, 0);
    MUST(mkdir(other, 0700) == 0 && setenv("XDG_RUNTIME_DIR", other, 1) == 0);
    must_work(name);
    snprintf(path, sizeof(path), "%s/winras", other);
    MUST(rmdir(path) == 0 && rmdir(other) == 0);
    MUST(setenv("XDG_RUNTIME_DIR", runtime, 1) == 0);
    return 0;
}

/* Where there is no room for the folder, that is what is wrong: not that nobody serves the name. */
static int full(void) {
    const char *name = named("full");
    process child = fork();
    listener *opened;
    int code;

    if (child == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", runtime, "tmpfs", 0, "nr_inodes=1,mode=700") != 0) {
            _exit(EXIT_SKIPPED);
        }
        MUST(listener_open(name, &opened) == ERROR_NO_SYSTEM_RESOURCES && !opened);
        _exit(0);
    }
    code = code_of(&child);
    MUST(code == 0 || code == EXIT_SKIPPED);
    return code;
}

static struct sockaddr_un address_of(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", in_folder(name));
    return address;
}

static void become_nobody(void) { MUST(setgid(65534) == 0 && setuid(65534) == 0); }

static int try_as_nobody(const struct sockaddr_un *address) {
    int connected = socket(AF_UNIX, SOCK_STREAM, 0), code;
    char byte;

    alarm(HANG / 1000);
    code = connect(connected, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
    if (code == 0) {
        MUST(read(connected, &byte, 1) == 0);
    }
    return code;
}

/* Another user of this machine. Where the folder's mode would let him in, who he is keeps him out. */
static int users(void) {
    const char *name = named("users"), *theirs = named("theirs");
    char byte = 0;
    struct sockaddr_un address, other;
    channel *client, *server = NULL;
    int ready[2], leave[2];
    listener *opened;
    process nobody;

    if (geteuid() != 0) {
        return EXIT_SKIPPED;
    }
    address = address_of(name);
    other = address_of(theirs);
    must_work(name);
    MUST(chown(in_folder(""), 65534, 65534) == 0);
    must_be_refused(name);
    MUST(chown(in_folder(""), 0, 0) == 0);

    opened = serve(name);
    nobody = fork();
    if (nobody == 0) {
        become_nobody();
        MUST(channel_connect(name, &client) != ERROR_SUCCESS);
        _exit(try_as_nobody(&address));
    }
    MUST(code_of(&nobody) == EACCES);

    MUST(chmod(runtime, 0711) == 0 && chmod(in_folder(""), 0711) == 0 && chmod(in_folder(name), 0777) == 0);
    MUST(pipe(ready) == 0 && pipe(leave) == 0);
    nobody = fork();
    if (nobody == 0) {
        int connected = socket(AF_UNIX, SOCK_STREAM, 0);

        become_nobody();
        alarm(HANG / 1000);
        MUST(connect(connected, (const struct sockaddr *)&address, sizeof(address)) == 0);
        MUST(write(ready[1], "!", 1) == 1);
        MUST(read(connected, &byte, 1) == 0);
        _exit(0);
    }
    MUST(read(ready[0], &byte, 1) == 1);
    MUST(chmod(in_folder(""), 0700) == 0 && chmod(runtime, 0700) == 0);
    client = join(name);
    server = accept_one(opened);
    MUST(channel_process(server) == own_id());
    MUST(code_of(&nobody) == 0);
    close_pair(client, server);
    listener_close(opened);

    nobody = fork();
    if (nobody == 0) {
        int listening = socket(AF_UNIX, SOCK_STREAM, 0);

        MUST(bind(listening, (const struct sockaddr *)&other, sizeof(other)) == 0);
        become_nobody();
        alarm(HANG / 1000);
        MUST(listen(listening, 1) == 0);
        close(leave[1]);
        MUST(write(ready[1], "!", 1) == 1);
        MUST(read(leave[0], &byte, 1) == 0);
        _exit(0);
    }
    MUST(read(ready[0], &byte, 1) == 1);
    MUST(channel_connect(theirs, &client) == ERROR_ACCESS_DENIED && !client);
    MUST(close(leave[1]) == 0);
    MUST(code_of(&nobody) == 0);
    MUST(unlink(in_folder(theirs)) == 0);
    close(leave[0]);
    close(ready[0]);
    close(ready[1]);
    return 0;
}

/* A child of fork() that has forgotten all keeps nothing open. */
static int forks(void) {
    const char *name = named("forks");
    channel *other, *client;
    process serves = start_role("fork", &other);
    pid_t child = 0;
    char byte;

    MUST(ask_to_serve(other, name) == ERROR_SUCCESS);
    client = join(name);
    MUST(channel_receive(client, &child, sizeof(child), HANG) == ERROR_SUCCESS && child > 0);
    end(&serves);
    MUST(code_of(&serves) != 0);
    MUST(channel_receive(client, &byte, 1, HANG) == ERROR_BROKEN_PIPE);
    MUST(channel_receive(other, &byte, 1, HANG) == ERROR_BROKEN_PIPE);
    close_pair(client, other);
    MUST(channel_connect(name, &client) == ERROR_FILE_NOT_FOUND);
    must_work(name);
    MUST(kill(child, SIGKILL) == 0);
    return 0;
}

static int64_t processor_time(const struct rusage *usage) {
    return ((int64_t)usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
           usage->ru_stime.tv_usec;
}

/* It has waited, not tried all the time. */
static DWORD accept_measured(void *given) {
    struct rusage before, after;
    DWORD error;

    MUST(getrusage(RUSAGE_THREAD, &before) == 0);
    error = accept_stopped(given);
    MUST(getrusage(RUSAGE_THREAD, &after) == 0);
    MUST(after.ru_nvcsw - before.ru_nvcsw < SHORT);
    MUST(processor_time(&after) - processor_time(&before) < SHORT * 100);
    return error;
}

/* Without a descriptor for another channel, who has connected waits until there is one again. */
static int shortage(void) {
    const char *name = named("shortage");
    listener *opened = serve(name);
    struct rlimit limit, low;
    thread accepts;
    channel *client, *other, *server;
    char byte;

    MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    make_pair(opened, name, &other, &server);
    for (int ends = 0; ends < 2; ends++) {
        client = join(name);
        low = limit;
        low.rlim_cur = (rlim_t)dup(0);
        MUST(close((int)low.rlim_cur) == 0 && setrlimit(RLIMIT_NOFILE, &low) == 0);
        start_thread(&accepts, accept_measured, opened);
        MUST(channel_receive(other, &byte, 1, 3 * SHORT) == ERROR_TIMEOUT);
        MUST(WaitForSingleObject(accepts.ended, 0) == WAIT_TIMEOUT);
        if (ends) {
            listener_stop(opened);
        } else {
            MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        }
        MUST(join_thread(&accepts) == (ends ? (DWORD)ERROR_OPERATION_ABORTED : (DWORD)ERROR_SUCCESS));
        MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        channel_close(client);
    }
    close_pair(other, server);
    listener_close(opened);
    return 0;
}
#endif

static const struct {
    const char *name;
    int (*run)(void);
} cases[] = {
#define CASE(name) {#name, name},
    CASE(exchange) CASE(deadlines) CASE(shut) CASE(closed) CASE(killed) CASE(names) CASE(taken) CASE(stopped)
        CASE(crowd) CASE(descriptors)
#ifdef _WIN32
            CASE(known) CASE(owners)
#else
            CASE(folders) CASE(runtimes) CASE(full) CASE(users) CASE(forks) CASE(shortage)
#endif
};

static int run_case(size_t which) {
    double begun = seconds();
    int code = cases[which].run();

    if (code == EXIT_SKIPPED) {
        printf("%s: skipped, as it needs an administrator\n", cases[which].name);
    } else {
        printf("%s: %.2f s\n", cases[which].name, seconds() - begun);
    }
    fflush(stdout);
    return code;
}

#ifndef _WIN32
static pid_t maker;

static void remove_runtime(void) {
    if (getpid() == maker) {
        chmod(in_folder(""), 0700);
        rmdir(in_folder(""));
        rmdir(runtime);
    }
}
#endif

int main(int count, char **given) {
    int code = 0;

    if (count == 5 && strcmp(given[1], "as") == 0) {
        return play(given[2], given[3], given[4]);
    }
#ifndef _WIN32
    alarm(10 * HANG / 1000);
    maker = getpid();
    MUST(mkdtemp(runtime) && setenv("XDG_RUNTIME_DIR", runtime, 1) == 0);
    atexit(remove_runtime);
#endif
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        BOOL asked = count == 1;

        for (int at = 1; at < count; at++) {
            asked = asked || strcmp(given[at], cases[i].name) == 0;
        }
        if (asked) {
            code = run_case(i);
        }
    }
    return count == 2 ? code : 0;
}
