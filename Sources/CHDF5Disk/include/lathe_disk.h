/* A file driver for libhdf5 that remembers what the system refused.

   The library keeps chunks and metadata back, so that a write may fail long after the call that asked for it, at a flush, an
   eviction or a close, and some of these failures it does not hand on. This driver keeps the first refusal, and lets the library
   believe in every write after it: its own paths for errors are never entered, and the file is given up by whoever asks. */
#ifndef LATHE_DISK_H
#define LATHE_DISK_H

#include <hdf5.h>

/* What became of one file; shared by its user and the library, freed when both have let go. */
struct lathe_disk;

struct lathe_disk *_Nullable lathe_disk_make(void);
void lathe_disk_release(struct lathe_disk *_Nonnull disk);

/* Lets files that are opened with the property list `access` be read and written through this driver. */
herr_t lathe_disk_use(struct lathe_disk *_Nonnull disk, hid_t access);

/* The first refusal of the system, as errno names it; 0 where there was none. */
int lathe_disk_fault(const struct lathe_disk *_Nonnull disk);

#endif
