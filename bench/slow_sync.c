/* Makes every sync take SLOW_SYNC_US microseconds longer: an ordinary disk instead of a fast one.
   cc -shared -fPIC -O2 slow_sync.c -o slow_sync.so -ldl; then LD_PRELOAD=./slow_sync.so SLOW_SYNC_US=3000 program */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_first(void) {
    const char *microseconds = getenv("SLOW_SYNC_US");
    if (microseconds) usleep((useconds_t)atoi(microseconds));
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_first();
    return real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_first();
    return real(file);
}
