/* What the simulated service does for several clients that dial: this program plays them, without a wire, and hears
 * what each is told. Runs the case that it is given, or all; exits 1 at the first condition that does not hold. */
#define _GNU_SOURCE /* alarm, fork */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <uchar.h>
#include <unistd.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <malloc.h>
#define HEAP() mallinfo2().uordblks
#else
#define HEAP() ((size_t)0)
#endif

#include <raserror.h>

#include "layouts.h"
#include "simulator/messages.h"
#include "simulator/state.h"

#include "must.h"

#define SECOND INT64_C(1000000)
#define DIALS 2000
#define MOST_HEARD 4096
#define ASKED 20000

enum { ONE = OWN_CLIENT + 1, OTHER };

static struct {
    uint32_t client;
    service_news news;
} heard[MOST_HEARD];
static size_t heard_count;
static uint32_t running;

static void hear(uint32_t client, const service_news *news) {
    MUST(heard_count < MOST_HEARD);
    heard[heard_count].client = client;
    heard[heard_count++].news = *news;
}

/* How often that client has been told that, since the last time that it was asked. */
static uint32_t was_told(uint32_t client, uint32_t what) {
    uint32_t count = 0;

    for (size_t i = 0; i < heard_count; i++) {
        if (heard[i].client == client && heard[i].news.what == what) {
            heard[i].client = 0;
            count++;
        }
    }
    return count;
}

static void set_text(char16_t *text, const char16_t *value) {
    do {
        *text++ = *value;
    } while (*value++);
}

static void add_entries(void) {
    static const char16_t *const names[] = {u"Office", u"Home"};
    sim_entry entry = {.dial_time = 10 * SECOND, .hang_up_time = SECOND};

    for (size_t i = 0; i < COUNT(names); i++) {
        set_text(entry.name, names[i]);
        set_text(entry.phonebook, u"C:\\ProgramData\\Microsoft\\Network\\Connections\\Pbk\\rasphone.pbk");
        MUST(sim_add_entry(&entry) == 0);
    }
}

static void begin(void) {
    MUST(sim_begin(0, 0, &running));
    other_client_hears = hear;
    heard_count = 0;
    add_entries();
}

static void end(void) {
    sim_end(&running);
    MUST(sim.unanswered == 0 && sim.notifiers == 0 && sim.late_notices == NULL);
}

static DWORD dial(uint32_t client, const char16_t *name, uint32_t notifier, uint64_t *handle) {
    struct ask_dial asked = {.call = {.function = FUNCTION_RasDial}, .notifier = notifier};
    BOOL performed;
    DWORD code;

    set_text(asked.dialling.name, name);
    code = perform(client, ASK_dial, &asked, &performed);
    *handle = asked.handle;
    return code;
}

static DWORD answer(uint32_t client, uint64_t handle, uint32_t notifier, uint32_t goes_on) {
    struct ask_notified asked = {.call = {.function = FUNCTION_COUNT, .handle = handle, .number = notifier},
                                 .goes_on = goes_on};
    BOOL performed;

    return perform(client, ASK_notified, &asked, &performed);
}

static DWORD hang_up(uint32_t client, uint64_t handle) {
    struct ask_hang_up asked = {.call = {.function = FUNCTION_RasHangUp, .handle = handle}};
    BOOL performed;

    return perform(client, ASK_hang_up, &asked, &performed);
}

/* Its state, or UINT32_MAX: gone. */
static uint32_t state(uint64_t handle) {
    struct ask_get_status asked = {.call = {.function = FUNCTION_RasGetConnectStatus, .handle = handle}};
    BOOL performed;

    return perform(OWN_CLIENT, ASK_get_status, &asked, &performed) ? UINT32_MAX : asked.connection.state;
}

static void dies(uint32_t client) {
    clock_lock();
    forget_client(client);
    forget_client_dials(client);
    clock_changed();
    unlock_state();
}

/* Answers every notice, up to that moment. */
static void pass(uint32_t client, uint64_t handle, uint32_t notifier, int64_t moment) {
    do {
        if (was_told(client, NEWS_NOTICE)) {
            MUST(answer(client, handle, notifier, 1) == 0);
        }
        MUST(sim_advance_to(moment) == 0);
    } while (sim_now() < moment || sim.unanswered);
}

static void act_on(uint32_t what, int64_t duration) {
    sim_action action = {.action = what, .duration = duration, .name = u"Office"};
    uint64_t result;

    MUST(sim_act(&action, &result) == 0);
}

/* ---- notices ---- */

static void dialling_waits_for_each_answer(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0);
    MUST(heard_count == 1 && heard[0].news.number == 7 && heard[0].news.handle == handle);
    MUST(was_told(ONE, NEWS_NOTICE) == 1);
    MUST(sim_advance_to(100 * SECOND) == 0 && sim_now() == 0 && heard_count == 1);
    MUST(answer(ONE, handle, 7, 1) == 0 && state(handle) == RASCS_OpenPort);
    MUST(sim_advance_to(100 * SECOND) == 0 && sim_now() == SECOND);
    MUST(was_told(ONE, NEWS_NOTICE) == 1 && state(handle) == RASCS_PortOpened);
}

static void only_a_notice_is_answered(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0);
    MUST(answer(ONE, handle, 8, 1) == ERROR_INVALID_PARAMETER);
    MUST(answer(OTHER, handle, 7, 1) == ERROR_INVALID_PARAMETER);
    MUST(answer(ONE, handle + 1, 7, 1) == ERROR_INVALID_PARAMETER);
    MUST(answer(ONE, handle, 7, 1) == 0);
    MUST(answer(ONE, handle, 7, 1) == ERROR_INVALID_PARAMETER);
}

static void a_notifier_that_wants_no_more_ends_with_the_dialling(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0 && was_told(ONE, NEWS_NOTICE) == 1);
    MUST(answer(ONE, handle, 7, 0) == 0);
    MUST(sim_advance_to(9 * SECOND) == 0 && heard_count == 1);
    MUST(sim_advance_to(10 * SECOND) == 0 && state(handle) == RASCS_Connected);
    MUST(was_told(ONE, NEWS_NOTIFIER_ENDS) == 1 && heard_count == 2);
}

static void a_hang_up_waits_for_the_answer(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0);
    MUST(hang_up(OTHER, handle) == 0 && state(handle) == RASCS_OpenPort);
    MUST(hang_up(ONE, handle) == ERROR_NO_CONNECTION);
    MUST(was_told(ONE, NEWS_NOTIFIER_ENDS) == 0);
    MUST(answer(ONE, handle, 7, 1) == 0 && state(handle) == RASCS_Disconnected);
    MUST(was_told(ONE, NEWS_NOTIFIER_ENDS) == 1);
}

static void what_waits_for_the_answer_can_be_dialled_again(void) {
    uint64_t handle, again;

    act_on(SIM_CONNECT, 0);
    MUST(dial(ONE, u"Office", 7, &handle) == 0 && was_told(ONE, NEWS_NOTICE) == 1);
    MUST(hang_up(ONE, handle) == 0 && hang_up(ONE, handle) == 0 && state(handle) == RASCS_Connected);
    MUST(dial(OTHER, u"Office", 8, &again) == 0 && again == handle && was_told(OTHER, NEWS_NOTICE) == 1);
    MUST(hang_up(OTHER, again) == 0 && hang_up(OTHER, again) == ERROR_NO_CONNECTION);
    MUST(answer(ONE, handle, 7, 1) == 0 && state(handle) == RASCS_Connected);
    MUST(answer(OTHER, handle, 8, 1) == 0 && state(handle) == RASCS_Disconnected);
}

static void what_is_made_before_the_end_is_told(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0 && was_told(ONE, NEWS_NOTICE) == 1);
    act_on(SIM_SET_RASMAN_STOPPED, 0);
    MUST(state(handle) == UINT32_MAX && heard_count == 1);
    MUST(answer(ONE, handle, 7, 1) == 0);
    MUST(heard[1].news.state == RASCS_Disconnected && was_told(ONE, NEWS_NOTIFIER_ENDS) == 0);
    MUST(answer(ONE, handle, 7, 0) == 0 && was_told(ONE, NEWS_NOTIFIER_ENDS) == 1);
}

static void only_the_same_notifier_of_the_same_client_dials_on(void) {
    const sim_dial_step pause = {.state = RASCS_Interactive, .duration = SECOND};
    struct ask_dial asked = {.call = {.function = FUNCTION_RasDial}, .notifier = 7, .dialling = {.pauses = 1}};
    BOOL performed;

    MUST(sim_set_dial_script(u"Office", u"", &pause, 1) == 0);
    set_text(asked.dialling.name, u"Office");
    MUST(perform(ONE, ASK_dial, &asked, &performed) == 0);
    MUST(answer(ONE, asked.handle, 7, 1) == 0);
    asked.dialling.handle = asked.handle;
    MUST(perform(OTHER, ASK_dial, &asked, &performed) == ERROR_INVALID_PARAMETER);
    asked.notifier = 8;
    MUST(perform(ONE, ASK_dial, &asked, &performed) == ERROR_INVALID_PARAMETER);
    asked.notifier = 7;
    MUST(perform(ONE, ASK_dial, &asked, &performed) == 0 && state(asked.handle) == RASCS_Connected);
}

/* How many dials a client begins before it is refused one, and answers no notice. */
static uint32_t dial_on(uint32_t client, uint64_t handle) {
    uint64_t again;
    uint32_t count = 0;

    while (dial(client, u"Office", 8 + count, &again) == 0) {
        MUST(again == handle);
        heard_count = 0;
        count++;
    }
    return count;
}

static void unanswered_notifiers_are_limited(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0);
    pass(ONE, handle, 7, 10 * SECOND);
    MUST(dial_on(ONE, handle) == 4096);
    for (uint32_t client = OTHER; client < OTHER + 3; client++) {
        MUST(dial_on(client, handle) == 4096); /* one client leaves to the others what they may have */
    }
    MUST(dial_on(OTHER + 3, handle) == 0);
    MUST(answer(ONE, handle, 8, 0) == 0 && dial_on(OTHER + 3, handle) == 1);
}

/* ---- what clients have the service keep ---- */

static void has_no_room(DWORD code, size_t count, size_t size) {
    MUST(code == ERROR_NOT_ENOUGH_MEMORY && count * size > MOST_STORED / 2 && sim.stored <= MOST_STORED);
}

static void entries_are_limited(void) {
    sim_entry entry = {.name = u"...."};
    size_t count = 0;
    DWORD code;

    do {
        for (size_t i = 0, rest = count; i < 4; i++, rest /= 26) {
            entry.name[i] = (char16_t)(u'a' + rest % 26);
        }
        code = sim_add_entry(&entry);
    } while (!code && ++count);
    has_no_room(code, count, sizeof(struct entry));
    MUST(sim_clear() == 0 && sim_add_entry(&entry) == 0);
}

static void what_is_planned_is_limited(void) {
    sim_action action = {.action = SIM_CONNECT, .name = u"Office", .duration = -1};
    size_t count = 0;
    DWORD code;

    while ((code = sim_schedule(SECOND + (int64_t)count, &action)) == 0) {
        count++;
    }
    has_no_room(code, count, sizeof(struct scheduled));
    MUST(sim_advance_to(sim_now() + 10 * SECOND) == 0 && sim_schedule(20 * SECOND, &action) == 0);
}

static void scripts_are_limited(void) {
    static const sim_dial_step steps[4096];
    const size_t most = MOST_STORED / sizeof(steps);
    sim_entry entry = {.name = u".."};
    size_t count = 0;
    DWORD code = 0;

    MUST(sim_add_entry(&entry) == 0);
    for (size_t i = 0; i < 2 * most; i++) { /* one after the other takes no more room than one */
        MUST(sim_set_dial_script(entry.name, u"", steps, COUNT(steps)) == 0);
    }
    while (!code && count <= most) {
        entry.name[0] = (char16_t)(0x4E00 + count % 1024);
        entry.name[1] = (char16_t)(0x4E00 + count / 1024);
        MUST(sim_add_entry(&entry) == 0);
        code = sim_set_dial_script(entry.name, u"", steps, COUNT(steps));
        count += !code;
    }
    has_no_room(code, count, sizeof(steps));
}

static void faults_are_limited(void) {
    size_t count = 0;

    while (sim_fail(FUNCTION_RasHangUp, ERROR_PORT_NOT_OPEN, 1) == 0) {
        count++;
    }
    MUST(count == MOST_FAULTS && sim_clear_faults() == 0 && sim_fail(FUNCTION_RasHangUp, ERROR_PORT_NOT_OPEN, 1) == 0);
    MUST(sim_clear_faults() == 0);
}

/* ---- whatever is asked ---- */

static uint64_t draws;

/* SplitMix64. */
static uint64_t next_random(void) {
    uint64_t drawn = draws += UINT64_C(0x9E3779B97F4A7C15);

    drawn = (drawn ^ drawn >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    drawn = (drawn ^ drawn >> 27) * UINT64_C(0x94D049BB133111EB);
    return drawn ^ drawn >> 31;
}

static size_t draw(size_t below) { return (size_t)(next_random() % below); }

static void draw_bytes(uint8_t *bytes, size_t size) {
    size_t kind = draw(4);

    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(kind == 0 ? 0 : kind == 1 ? 0xFF : next_random());
    }
}

static void draw_number(uint8_t *place, size_t size) {
    static const uint64_t edges[] = {UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT32_MAX, INT32_MAX, 1u << 20};
    uint64_t handle = !sim.first ? 0 : draw(2) ? sim.first->handle : sim.last->handle;
    uint64_t number = draw(2) ? draw(6) : draw(2) ? handle : draw(2) ? edges[draw(COUNT(edges))] : next_random();

    for (size_t i = 0; i < size; i++) {
        place[i] = (uint8_t)(number >> 8 * i);
    }
}

static void draw_text(char16_t *text, size_t room) {
    static const char16_t *const known[] = {u"Office", u"Home", u"", u"VPN", SERVICE_PASSWORD_HANDLE};
    size_t units = draw(4) ? draw(4) : room - 1;

    if (draw(2)) {
        const char16_t *one = known[draw(COUNT(known))];

        for (size_t i = 0; i < room - 1 && one[i]; i++) {
            text[i] = one[i];
        }
        return;
    }
    for (size_t i = 0; i < units && i < room - 1; i++) {
        text[i] = (char16_t)(1 + draw(draw(2) ? 0x7F : 0xFFFF));
    }
}

/* A RASENTRY or RASSUBENTRY, in part what could be one. */
static void draw_raw(uint8_t *place, size_t size) {
    if (draw(2)) {
        draw_bytes(place, size);
    }
    for (size_t i = draw(20); i > 0; i--) {
        draw_number(place + draw(size / 4 - 1) * 4, 4);
    }
}

static void draw_fields(const wire_record *record, uint8_t *structure) {
    for (const wire_field *field = record->fields; field->kind != WIRE_END; field++) {
        uint8_t *place = structure + field->offset;

        switch (field->kind) {
        case WIRE_NUMBER:
            draw_number(place, field->size);
            break;
        case WIRE_TEXT:
            draw_text((char16_t *)(void *)place, field->size / sizeof(char16_t));
            break;
        case WIRE_BYTES:
            draw_bytes(place, field->size);
            break;
        case WIRE_RAW:
            draw_raw(place, field->size);
            break;
        case WIRE_RECORD:
            draw_fields(field->record(), place);
            break;
        case WIRE_ARRAY: {
            wire_array *array = (wire_array *)(void *)place;
            size_t size = field->record()->size;
            uint8_t *items;

            array->count = (uint32_t)draw(4);
            array->items = items = array->count ? calloc(array->count, size) : NULL;
            for (uint32_t i = 0; i < array->count; i++) {
                draw_fields(field->record(), items + i * size);
            }
            break;
        }
        case WIRE_BLOB: {
            wire_blob *blob = (wire_blob *)(void *)place;

            blob->size = (uint32_t)draw(draw(8) ? 64 : field->size < 65536 ? field->size : 65536);
            blob->bytes = blob->size ? malloc(blob->size) : NULL;
            draw_bytes(blob->bytes, blob->size);
            break;
        }
        case WIRE_LIST:
        case WIRE_END:
            break;
        }
    }
}

/* Nothing that would wait in real time for another thread, and time goes on for long. */
static void make_usual(uint32_t what, void *asked) {
    struct ask_dial *dialled = asked;
    struct ask_set_quirk *set = asked;
    struct ask_advance_to *moved = asked;
    service_call *call = asked;

    if (draw(8)) { /* a call that is performed */
        call->function = FUNCTION_COUNT;
        call->refused = 0;
        call->handle = draw(2) && sim.last ? sim.last->handle : call->handle;
    }
    if (what == ASK_dial) {
        dialled->dialling.handle = 0;
    } else if (what == ASK_set_quirk && set->number == QUIRK_DIAL_TOLD_FIRST) {
        set->on = 0;
    } else if (what == ASK_advance_to) {
        moved->moment = later(sim_now(), (int64_t)draw(5 * SECOND));
    }
}

static void ask_anything(void) {
    uint32_t what = (uint32_t)draw(REQUEST_COUNT), client = draw(2) ? ONE : OTHER;
    void *asked = calloc(1, message_room(what));
    message reply = {0};
    BOOL performed;
    DWORD code;

    MUST(asked);
    draw_fields(message_fields(what, FALSE), asked);
    make_usual(what, asked);
    if (sim.unanswered) { /* time that is to pass would wait for the answer */
        dies(ONE);
        dies(OTHER);
    }
    if (what != ASK_wait_woken) {
        MUST(message_begin_reply(&reply, what, asked) == 0);
        code = perform(client, (enum service_request)what, asked, &performed);
        message_write_reply(&reply, what, asked, code, performed);
    }
    message_free(&reply);
    message_free_request(what, asked);
    free(asked);
    heard_count = 0;
    if (sim.entry_count == 0) {
        add_entries();
    }
}

static void whatever_is_asked_is_answered(void) {
    for (int i = 0; i < ASKED; i++) {
        if (draw(500) == 0) {
            dies(draw(2) ? ONE : OTHER);
        }
        if (draw(1000) == 0) { /* time and faults begin anew */
            end();
            begin();
        }
        ask_anything();
    }
    dies(ONE);
    dies(OTHER);
    MUST(sim_clear() == 0 && sim.stored == 0);
}

/* ---- the end of a client ---- */

static void what_it_was_dialling_is_hung_up_and_nothing_else(void) {
    uint64_t office, home;

    MUST(dial(ONE, u"Office", 7, &office) == 0 && dial(OTHER, u"Home", 7, &home) == 0);
    MUST(answer(OTHER, home, 7, 1) == 0 && was_told(OTHER, NEWS_NOTICE) == 1);
    dies(ONE);
    MUST(sim.unanswered == 0 && state(office) == RASCS_Disconnected && state(home) == RASCS_OpenPort);
    pass(OTHER, home, 7, 10 * SECOND);
    MUST(state(office) == UINT32_MAX && state(home) == RASCS_Connected);
    MUST(dial(OTHER, u"Office", 8, &office) == 0);
}

static void what_it_failed_to_dial_is_hung_up(void) {
    const sim_dial_step fails = {.state = RASCS_OpenPort, .error = ERROR_NO_ANSWER};
    uint64_t handle;

    MUST(sim_set_dial_script(u"Office", u"", &fails, 1) == 0);
    MUST(dial(ONE, u"Office", 7, &handle) == 0);
    pass(ONE, handle, 7, SECOND);
    MUST(sim_advance_to(100 * SECOND) == 0 && state(handle) == RASCS_Disconnected);
    dies(ONE);
    MUST(sim_advance_to(101 * SECOND) == 0 && state(handle) == UINT32_MAX);
}

static void what_is_up_stays_up(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0);
    pass(ONE, handle, 7, 10 * SECOND);
    dies(ONE);
    MUST(sim_advance_to(100 * SECOND) == 0 && state(handle) == RASCS_Connected);
}

static void what_it_has_hung_up_and_not_waited_for_is_stuck(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0);
    pass(ONE, handle, 7, 10 * SECOND);
    MUST(hang_up(OTHER, handle) == 0);
    dies(ONE);
    MUST(state(handle) == RASCS_Disconnected);
    dies(OTHER);
    MUST(state(handle) == UINT32_MAX && dial(ONE, u"Office", 8, &handle) == ERROR_PORT_ALREADY_OPEN);
}

static void what_it_asked_in_its_notifier_is_hung_up_and_stuck(void) {
    uint64_t handle;

    MUST(dial(ONE, u"Office", 7, &handle) == 0 && hang_up(ONE, handle) == 0);
    dies(ONE);
    MUST(state(handle) == UINT32_MAX && dial(ONE, u"Office", 8, &handle) == ERROR_PORT_ALREADY_OPEN);
}

static void its_notice_of_what_is_up_holds_up_nobody(void) {
    uint64_t handle, same;

    MUST(dial(ONE, u"Office", 7, &handle) == 0);
    pass(ONE, handle, 7, 10 * SECOND);
    MUST(dial(OTHER, u"Office", 7, &same) == 0 && same == handle);
    MUST(hang_up(ONE, handle) == 0 && hang_up(ONE, handle) == 0 && state(handle) == RASCS_Connected);
    dies(OTHER);
    MUST(state(handle) == RASCS_Disconnected);
    MUST(sim_advance_to(11 * SECOND) == 0 && state(handle) == UINT32_MAX);
    MUST(dial(ONE, u"Office", 8, &handle) == 0);
}

/* ---- this process's own notifiers ---- */

static void CALLBACK notifier(UINT event, RASCONNSTATE state_told, DWORD error) {
    (void)event, (void)state_told, (void)error;
}

static void dial_often(uint32_t times) {
    RASDIALPARAMSW params;

    memset(&params, 0, sizeof(params));
    params.dwSize = sizeof(params);
    memcpy(params.szEntryName, u"Office", sizeof(u"Office"));
    for (uint32_t i = 0; i < times; i++) {
        HRASCONN handle = NULL;

        MUST(RasDialW(NULL, NULL, &params, 0, notifier, &handle) == 0);
        while (sim_wait_woken(SLICE_MS)) {
        }
        if (i % 2) {
            MUST(sim_advance_to(sim_now() + SECOND) == 0);
        }
        MUST(RasHangUpW(handle) == 0);
        while (sim_wait_woken(SLICE_MS)) {
        }
        MUST(sim_advance_to(sim_now() + SECOND) == 0);
        MUST(state(handle_from_native(handle)) == UINT32_MAX);
    }
}

static void many_dials_leave_nothing(void) {
    size_t before;

    MUST(sim_set_quirk(QUIRK_NO_EVENTS, 1) == 0);
    dial_often(100);
    before = HEAP();
    dial_often(DIALS);
    MUST(HEAP() < before + 16384);
}

static void be_stopped(const char *name, int told) {
    uint32_t number;

    MUST(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    MUST(sim_begin(1.0, 0, &number));
    MUST(sim_serve(number, name) == 0);
    MUST(write(told, "!", 1) == 1);
    for (;;) {
        pause();
    }
}

/* Nothing that waits for a service which has been stopped waits forever. */
static void a_service_that_is_silent_is_gone(void) {
    struct ask_get_rasman asked = {.call = {.function = FUNCTION_COUNT}};
    char name[32], byte;
    int told[2], status;
    pid_t service;

    alarm(60);
    sim_end(&running);
    snprintf(name, sizeof(name), "silent-%ld", (long)getpid());
    MUST(pipe(told) == 0);
    service = fork();
    if (service == 0) {
        be_stopped(name, told[1]);
    }
    MUST(close(told[1]) == 0 && read(told[0], &byte, 1) == 1);
    MUST(sim_join(name, &running) == 0);
    MUST(ask_service(ASK_get_rasman, &asked) == 0);
    MUST(kill(service, SIGSTOP) == 0);
    MUST(waitpid(service, &status, WUNTRACED) == service && WIFSTOPPED(status));
    MUST(ask_service(ASK_get_rasman, &asked) == RPC_S_SERVER_UNAVAILABLE);
    MUST(kill(service, SIGKILL) == 0);
    MUST(waitpid(service, &status, 0) == service);
}

#define CASES(X)                                            \
    X(dialling_waits_for_each_answer)                       \
    X(only_a_notice_is_answered)                            \
    X(a_notifier_that_wants_no_more_ends_with_the_dialling) \
    X(a_hang_up_waits_for_the_answer)                       \
    X(what_waits_for_the_answer_can_be_dialled_again)       \
    X(what_is_made_before_the_end_is_told)                  \
    X(only_the_same_notifier_of_the_same_client_dials_on)   \
    X(whatever_is_asked_is_answered)                        \
    X(unanswered_notifiers_are_limited)                     \
    X(entries_are_limited)                                  \
    X(what_is_planned_is_limited)                           \
    X(scripts_are_limited)                                  \
    X(faults_are_limited)                                   \
    X(what_it_was_dialling_is_hung_up_and_nothing_else)     \
    X(what_it_failed_to_dial_is_hung_up)                    \
    X(what_is_up_stays_up)                                  \
    X(what_it_has_hung_up_and_not_waited_for_is_stuck)      \
    X(what_it_asked_in_its_notifier_is_hung_up_and_stuck)   \
    X(its_notice_of_what_is_up_holds_up_nobody)             \
    X(many_dials_leave_nothing)                             \
    X(a_service_that_is_silent_is_gone)

int main(int count, char **arguments) {
#define CASE(name) {#name, name},
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {CASES(CASE)};
#undef CASE
    size_t done = 0;

    for (size_t i = 0; i < COUNT(cases); i++) {
        if (count < 2 || strcmp(arguments[1], cases[i].name) == 0) {
            begin();
            cases[i].run();
            end();
            done++;
        }
    }
    printf("clients: %zu cases\n", done);
    return done ? 0 : 1;
}
