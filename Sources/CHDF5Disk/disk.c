#include "lathe_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lathe_disk {
    int references;
    /* Of a read or write, for good; of an opening, until one succeeds: the library tries more than one. */
    int fault;
    int opening_fault;
};

typedef struct {
    H5FD_t base; /* the library's own part, first */
    struct lathe_disk *disk;
    int descriptor;
    haddr_t end_of_allocation;
    haddr_t end_of_file;
    dev_t device;
    ino_t inode;
} disk_file;

typedef struct {
    struct lathe_disk *disk;
} disk_choice;

/* MARK: What was refused */

struct lathe_disk *lathe_disk_make(void) {
    struct lathe_disk *disk = calloc(1, sizeof *disk);
    if (disk) disk->references = 1;
    return disk;
}

void lathe_disk_release(struct lathe_disk *disk) {
    if (__atomic_sub_fetch(&disk->references, 1, __ATOMIC_ACQ_REL) == 0) free(disk);
}

int lathe_disk_fault(const struct lathe_disk *disk) {
    int fault = __atomic_load_n(&disk->fault, __ATOMIC_ACQUIRE);
    return fault ? fault : __atomic_load_n(&disk->opening_fault, __ATOMIC_ACQUIRE);
}

/* Only the first refusal counts: those after it may follow from it. */
static void remember(struct lathe_disk *disk, int error) {
    int none = 0;
    __atomic_compare_exchange_n(
        &disk->fault, &none, error ? error : EIO, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static int is_broken(const disk_file *file) { return __atomic_load_n(&file->disk->fault, __ATOMIC_ACQUIRE) != 0; }

/* MARK: The driver */

static hid_t registered_driver(void);

static H5FD_t *disk_open(const char *name, unsigned flags, hid_t access, haddr_t most) {
    (void)most;
    const disk_choice *choice = H5Pget_driver_info(access);
    if (!choice) return NULL;
    int mode = (flags & H5F_ACC_RDWR ? O_RDWR : O_RDONLY) | O_CLOEXEC;
    if (flags & H5F_ACC_TRUNC) mode |= O_TRUNC;
    if (flags & H5F_ACC_CREAT) mode |= O_CREAT;
    if (flags & H5F_ACC_EXCL) mode |= O_EXCL;
    int descriptor;
    do { descriptor = open(name, mode, 0666); } while (descriptor < 0 && errno == EINTR);
    struct stat status;
    disk_file *file = NULL;
    if (descriptor >= 0 && fstat(descriptor, &status) == 0) file = calloc(1, sizeof *file);
    int fault = file ? 0 : errno ? errno : EIO;
    __atomic_store_n(&choice->disk->opening_fault, fault, __ATOMIC_RELEASE);
    if (!file) {
        if (descriptor >= 0) close(descriptor);
        return NULL;
    }
    __atomic_add_fetch(&choice->disk->references, 1, __ATOMIC_ACQ_REL);
    file->disk = choice->disk;
    file->descriptor = descriptor;
    file->end_of_file = (haddr_t)status.st_size;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    return &file->base;
}

static herr_t disk_close(H5FD_t *base) {
    disk_file *file = (disk_file *)base;
    if (close(file->descriptor) < 0 && errno != EINTR) remember(file->disk, errno);
    lathe_disk_release(file->disk);
    free(file);
    return 0;
}

static int disk_compare(const H5FD_t *first, const H5FD_t *second) {
    const disk_file *a = (const disk_file *)first, *b = (const disk_file *)second;
    if (a->device != b->device) return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode) return a->inode < b->inode ? -1 : 1;
    return 0;
}

/* As the library's own driver for the disk, so that the same contents are laid out in the same way. */
static herr_t disk_query(const H5FD_t *base, unsigned long *features) {
    (void)base;
    *features = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
                H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t disk_end_of_allocation(const H5FD_t *base, H5FD_mem_t type) {
    (void)type;
    return ((const disk_file *)base)->end_of_allocation;
}

static herr_t disk_allocate(H5FD_t *base, H5FD_mem_t type, haddr_t end) {
    (void)type;
    ((disk_file *)base)->end_of_allocation = end;
    return 0;
}

static haddr_t disk_end_of_file(const H5FD_t *base, H5FD_mem_t type) {
    (void)type;
    return ((const disk_file *)base)->end_of_file;
}

static herr_t disk_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t start, size_t size, void *bytes) {
    (void)type;
    (void)transfer;
    disk_file *file = (disk_file *)base;
    char *rest = bytes;
    while (size > 0) {
        ssize_t count = pread(file->descriptor, rest, size, (off_t)start);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            remember(file->disk, errno);
            return -1;
        }
        if (count == 0) { /* allocated and never written */
            memset(rest, 0, size);
            return 0;
        }
        rest += count;
        start += (haddr_t)count;
        size -= (size_t)count;
    }
    return 0;
}

static herr_t disk_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t start, size_t size, const void *bytes) {
    (void)type;
    (void)transfer;
    disk_file *file = (disk_file *)base;
    const char *rest = bytes;
    while (size > 0 && !is_broken(file)) {
        ssize_t count = pwrite(file->descriptor, rest, size, (off_t)start);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            remember(file->disk, count < 0 ? errno : ENOSPC);
            break;
        }
        rest += count;
        start += (haddr_t)count;
        size -= (size_t)count;
    }
    if (start + size > file->end_of_file) file->end_of_file = start + size;
    return 0;
}

static herr_t disk_truncate(H5FD_t *base, hid_t transfer, hbool_t is_closing) {
    (void)transfer;
    (void)is_closing;
    disk_file *file = (disk_file *)base;
    if (file->end_of_allocation == file->end_of_file) return 0;
    if (!is_broken(file)) {
        int result;
        do { result = ftruncate(file->descriptor, (off_t)file->end_of_allocation); } while (result < 0 && errno == EINTR);
        if (result < 0) remember(file->disk, errno);
    }
    file->end_of_file = file->end_of_allocation;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)517,
#endif
    .name = "lathe-disk",
    .maxaddr = ((haddr_t)1 << (8 * sizeof(off_t) - 1)) - 1,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(disk_choice),
    .open = disk_open,
    .close = disk_close,
    .cmp = disk_compare,
    .query = disk_query,
    .get_eoa = disk_end_of_allocation,
    .set_eoa = disk_allocate,
    .get_eof = disk_end_of_file,
    .read = disk_read,
    .write = disk_write,
    .truncate = disk_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

static hid_t driver_number = H5I_INVALID_HID;

static void register_driver(void) { driver_number = H5FDregister(&driver); }

static hid_t registered_driver(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_driver);
    return driver_number;
}

herr_t lathe_disk_use(struct lathe_disk *disk, hid_t access) {
    hid_t number = registered_driver();
    if (number < 0) return -1;
    disk_choice choice = {disk};
    return H5Pset_driver(access, number, &choice);
}
