#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* HDF5's constants are macros around library state, which Swift does not import: one getter each. */
static inline hid_t lathe_h5_float_in_memory(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t lathe_h5_float_in_file(void) { return H5T_IEEE_F32LE; }
static inline hid_t lathe_h5_double_in_memory(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t lathe_h5_double_in_file(void) { return H5T_IEEE_F64LE; }
static inline hid_t lathe_h5_int64_in_memory(void) { return H5T_NATIVE_INT64; }
static inline hid_t lathe_h5_int64_in_file(void) { return H5T_STD_I64LE; }
static inline hid_t lathe_h5_int32_in_memory(void) { return H5T_NATIVE_INT32; }
static inline hid_t lathe_h5_int32_in_file(void) { return H5T_STD_I32LE; }
static inline hid_t lathe_h5_uint8_in_memory(void) { return H5T_NATIVE_UINT8; }
static inline hid_t lathe_h5_uint8_in_file(void) { return H5T_STD_U8LE; }
static inline hid_t lathe_h5_c_string(void) { return H5T_C_S1; }
static inline hid_t lathe_h5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t lathe_h5_file_creation_class(void) { return H5P_FILE_CREATE; }
static inline hid_t lathe_h5_dataset_creation_class(void) { return H5P_DATASET_CREATE; }
static inline hid_t lathe_h5_dataset_access_class(void) { return H5P_DATASET_ACCESS; }
static inline hid_t lathe_h5_group_creation_class(void) { return H5P_GROUP_CREATE; }
static inline hid_t lathe_h5_link_creation_class(void) { return H5P_LINK_CREATE; }
static inline hid_t lathe_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t lathe_h5_all(void) { return H5S_ALL; }
static inline hsize_t lathe_h5_unlimited(void) { return H5S_UNLIMITED; }
static inline unsigned lathe_h5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned lathe_h5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned lathe_h5_object_kinds(void) { return H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR; }
static inline unsigned lathe_h5_global_scope(void) { return H5F_SCOPE_GLOBAL; }
/* Errors come back as values; the library's own report on standard error is not wanted. */
static inline void lathe_h5_be_quiet(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

/* A process for reading a file that may be hostile: it ends with its parent, dies without a word, and cannot take all memory.
   0 in the new process, its number in the old one, -1 where none could be made. */
static inline pid_t lathe_h5_fork(void) {
    pid_t process = fork();
    if (process != 0) return process;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGPIPE, SIGTERM};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
    signal(SIGINT, SIG_IGN); /* the parent decides what an interruption means */
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    unsigned long pages = 0;
    FILE *sizes = fopen("/proc/self/statm", "r");
    if (sizes) {
        if (fscanf(sizes, "%lu", &pages) == 1) {
            rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)2 << 30);
            struct rlimit memory = {most, most};
            setrlimit(RLIMIT_AS, &memory);
        }
        fclose(sizes);
    }
    return 0;
}
