// One pool of threads owns all parallelism. Workers spin for a moment, then sleep on a condition.
// Which thread runs an index depends on timing; what an index computes never does.
#define _GNU_SOURCE
#include "CKernels.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

enum { most_threads = 256, spins = 4000, scratch_purposes = 4 };

static pthread_mutex_t region = PTHREAD_MUTEX_INITIALIZER;  // one region at a time
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static atomic_int thread_count;

static lathe_task current_task;
static void *current_context;
static long current_count;
static atomic_long next_index;
static atomic_int busy_workers;
static atomic_ulong generation;

static _Thread_local int own_slot = -1;  // ≥ 0 inside a region
static _Thread_local bool is_prepared = false;
static _Thread_local struct { void *bytes; size_t size; } scratches[scratch_purposes];

/// Libraries that bring threads of their own run on ours alone.
static void prepare_thread(void) {
    if (is_prepared) return;
    is_prepared = true;
    void (*omp)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (omp) omp(1);
}

static void run_tasks(int slot) {
    own_slot = slot;
    for (;;) {
        long index = atomic_fetch_add_explicit(&next_index, 1, memory_order_relaxed);
        if (index >= current_count) break;
        current_task(current_context, index, slot);
    }
    own_slot = -1;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void *worker(void *argument) {
    int slot = (int)(intptr_t)argument;
    prepare_thread();
    unsigned long seen = 0;
    for (;;) {
        for (int spin = 0; spin < spins && atomic_load_explicit(&generation, memory_order_acquire) == seen; spin++)
            pause_briefly();
        if (atomic_load_explicit(&generation, memory_order_acquire) == seen) {
            pthread_mutex_lock(&sleep_lock);
            while (atomic_load_explicit(&generation, memory_order_acquire) == seen) pthread_cond_wait(&wake, &sleep_lock);
            pthread_mutex_unlock(&sleep_lock);
        }
        seen = atomic_load_explicit(&generation, memory_order_acquire);
        run_tasks(slot);
        atomic_fetch_sub_explicit(&busy_workers, 1, memory_order_release);
    }
    return NULL;
}

static int requested_threads = 0, wanted_threads = 0, start_failure = 0;

static void start(void) {
    int threads = requested_threads;
    if (threads < 1) {
        cpu_set_t set;
        threads = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    }
    if (threads > most_threads) threads = most_threads;
    wanted_threads = threads;
    lathe_processor_isa();  // no library computes before its instruction set is limited
    void (*blas)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    if (blas) blas(1);
    int started = 1;
    while (started < threads) {
        pthread_t thread;
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, 8 << 20);
        start_failure = pthread_create(&thread, &attributes, worker, (void *)(intptr_t)started);
        pthread_attr_destroy(&attributes);
        if (start_failure) break;
        started++;
    }
    atomic_store(&thread_count, started);
}

int lathe_pool_start(int threads) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    if (atomic_load(&thread_count) == 0) requested_threads = threads;
    pthread_once(&start_once, start);
    pthread_mutex_unlock(&lock);
    return start_failure;
}

int lathe_pool_wanted_threads(void) { return wanted_threads; }

int lathe_pool_threads(void) {
    if (atomic_load_explicit(&thread_count, memory_order_acquire) == 0) lathe_pool_start(0);
    return atomic_load(&thread_count);
}

void lathe_parallel_for(long count, lathe_task task, void *context) {
    if (count <= 0) return;
    if (own_slot >= 0) {
        for (long index = 0; index < count; index++) task(context, index, own_slot);
        return;
    }
    int threads = lathe_pool_threads();
    pthread_mutex_lock(&region);
    prepare_thread();
    if (threads == 1 || count == 1) {
        own_slot = 0;
        for (long index = 0; index < count; index++) task(context, index, 0);
        own_slot = -1;
    } else {
        current_task = task;
        current_context = context;
        current_count = count;
        atomic_store_explicit(&next_index, 0, memory_order_relaxed);
        atomic_store_explicit(&busy_workers, threads - 1, memory_order_relaxed);
        pthread_mutex_lock(&sleep_lock);
        atomic_fetch_add_explicit(&generation, 1, memory_order_release);
        pthread_cond_broadcast(&wake);
        pthread_mutex_unlock(&sleep_lock);
        run_tasks(0);
        for (int spin = 0; atomic_load_explicit(&busy_workers, memory_order_acquire) > 0; spin++) {
            if (spin < spins) pause_briefly();
            else sched_yield();
        }
    }
    pthread_mutex_unlock(&region);
}

/// A kernel has nobody to tell: the process ends as it does where a write is refused, with a line that says why.
static _Noreturn void end_for_want_of_memory(size_t size) {
    dprintf(STDERR_FILENO, "error: there is no memory for %zu bytes of scratch\n", size);
    _exit(EX_IOERR);
}

void *lathe_scratch(int purpose, size_t bytes) {
    if (scratches[purpose].size < bytes) {
        free(scratches[purpose].bytes);
        size_t size = (bytes + 4095) / 4096 * 4096;
        scratches[purpose].bytes = aligned_alloc(64, size);
        if (!scratches[purpose].bytes) end_for_want_of_memory(size);
        scratches[purpose].size = size;
    }
    return scratches[purpose].bytes;
}
