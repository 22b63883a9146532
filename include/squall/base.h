/* SPDX-License-Identifier: BSD-3-Clause */
/* base: errors, log, progress, clock, memory, version. Floor 0: includes PETSc and MPI only.
 *
 * Every function that can fail returns PetscErrorCode and is called through PetscCall(). An error that
 * a user can mend carries one of the SQ_ERR codes: it is printed once, as one message, and becomes
 * the exit status of the program. All other codes are bugs and are printed with a traceback.
 *
 * Nothing here is collective but sq_errors_install.
 */
#ifndef SQUALL_BASE_H
#define SQUALL_BASE_H

#include <petscsys.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The functions of the headers are C's, also where C++ includes them. */
#ifdef __cplusplus
#define SQ_C_BEGIN extern "C" {
#define SQ_C_END   }
#else
#define SQ_C_BEGIN
#define SQ_C_END
#endif

/* The version of these headers; sq_version_number() is that of the library that runs. Equal major and minor numbers: a
 * program built with the one runs with the other. */
#define SQ_VERSION_MAJOR 0
#define SQ_VERSION_MINOR 1
#define SQ_VERSION_PATCH 0
#define SQ_VERSION       (10000 * SQ_VERSION_MAJOR + 100 * SQ_VERSION_MINOR + SQ_VERSION_PATCH)

SQ_C_BEGIN

/* Error codes that a user can act on: 1000 + the exit status of the program. */
enum {
  SQ_ERR_INPUT = 1064,   /* deck or command line */
  SQ_ERR_DATA = 1065,    /* a damaged or unsuitable file */
  SQ_ERR_IO = 1074,      /* a write that failed, a full disk */
  SQ_ERR_STOPPED = 1075, /* stopped early on request; can be resumed */
};

/* For functions without a communicator: errors that every rank of the program meets alike, from the same arguments. */
#define SQ_EVERY_RANK MPI_COMM_NULL

/* Ends the calling function with an error. Collective in effect when every rank of comm takes it;
 * the message is printed by rank 0 of comm, or by the speaking rank (sq_log_setup) for SQ_EVERY_RANK. */
#define SqFail(comm, code, ...)                                                                                        \
  return PetscError((comm), __LINE__, PETSC_FUNCTION_NAME, __FILE__, (code), PETSC_ERROR_INITIAL, __VA_ARGS__)
#define SqCheck(condition, comm, code, ...)                                                                            \
  do {                                                                                                                 \
    if (PetscUnlikely(!(condition))) SqFail(comm, code, __VA_ARGS__);                                                  \
  } while (0)

/* Installs the error printer described above. Collective over all ranks; call once after PetscInitialize. */
PetscErrorCode sq_errors_install(void);
/* The exit status for an error code: 0 for 0, 64..75 for the codes above, 71 for PETSC_ERR_MEM, 70 for all others. */
int sq_exit_status(PetscErrorCode code);

/* ---- log: rank 0 writes to the terminal and, once opened, to a file. ---- */
typedef enum { SQ_QUIET, SQ_WARN, SQ_INFO, SQ_DEBUG } sq_log_level;

/* Chooses which rank speaks (speaker) and how much. Not collective. */
void sq_log_setup(bool speaker, sq_log_level level);
/* Whether words of verdicts and errors may have colours on a terminal; at first they have none. Not collective. */
void sq_log_paint(bool wanted);
/* Prints word, text and the end of the line to the standard output or that of errors, in one write, with these colours
 * where it is a terminal and they are wanted. Not collective. */
void sq_log_line(FILE *stream, const char *word, const char *text);
/* Whether this rank speaks. */
bool sq_log_speaks(void);
/* What is logged from now on waits in memory, until sq_log_open writes or drops it. Not collective. */
void sq_log_hold(void);
/* Appends everything logged from now on, and what was held, to the file at path as well; NULL closes it and drops what
 * was held. Not collective: only the speaking rank opens the file, and only it fails. Error: SQ_ERR_IO if it cannot be
 * opened, is a link or no regular file. */
PetscErrorCode sq_log_open(const char *path);
/* One line, printf-like, newline added. Not collective. */
void sq_log(sq_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* To the log file only; finishing a live progress line before somebody else writes to the terminal. */
void sq_log_to_file(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sq_log_flush(void);
#define sq_info(...) sq_log(SQ_INFO, __VA_ARGS__)
#define sq_warn(...) sq_log(SQ_WARN, __VA_ARGS__)

/* ---- progress of long work: one live line on a terminal, a plain line now and then in a batch log. ---- */
typedef struct {
  char name[32];
  int64_t total, first; /* units of work; first: already done when this run began */
  double started, shown;
} sq_progress;

/* Begins to count: total units of work (0: not known), first of them done before. Not collective. */
void sq_progress_begin(sq_progress *progress, const char *name, int64_t first, int64_t total);
/* True when a line is due (at most 5 per second on a terminal, one per 30 s otherwise, per 2 s at SQ_DEBUG): ask before
 * computing what the line should say. Not collective. */
bool sq_progress_due(const sq_progress *progress);
/* Shows done of total, rate, time left and the caller's own figures. Not collective. */
void sq_progress_show(sq_progress *progress, int64_t done, const char *format, ...)
  __attribute__((format(printf, 3, 4)));
/* Ends the line with the time taken. */
void sq_progress_end(sq_progress *progress, int64_t done, const char *format, ...)
  __attribute__((format(printf, 3, 4)));

/* Compiles a function also for the vectors of newer processors; the best one is taken at run time. Without contraction
 * of a*b+c all give the same bits. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define SQ_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SQ_VECTORS
#endif

/* Functions between these are for a set of instructions. For clang, which does not know `#pragma GCC target`. */
#ifdef __clang__
#define SQ_PRAGMA(words)       _Pragma(#words)
#define SQ_TARGET_BEGIN(words) SQ_PRAGMA(clang attribute push(__attribute__((target(words))), apply_to = function))
#define SQ_TARGET_END          SQ_PRAGMA(clang attribute pop)
#else
#define SQ_TARGET_BEGIN(words)
#define SQ_TARGET_END
#endif

/* Before a loop whose turns do not depend on one another. clang has no such words and asks at run time. */
#ifdef __clang__
#define SQ_INDEPENDENT
#else
#define SQ_INDEPENDENT _Pragma("GCC ivdep")
#endif

/* ---- tables of rows that have names ---- */
/* The name of row number index of a table; NULL past the last. */
typedef const char *(*sq_names)(int index);
/* The number of the row of that name, or the number of rows if there is none: what a table that ends with NULL has
 * there is the answer. Not collective. */
int sq_find_name(sq_names names, const char *name);
/* "a, b or c" of count names, cut at size. Returns text. Not collective. */
const char *sq_name_list(int count, const char *const *names, char *text, size_t size);

/* ---- clock, memory, version ---- */
/* Seconds of a monotonic clock. */
double sq_now(void);
/* Allocates zeroed memory aligned to 64 bytes; bytes may be 0. What lives is counted, with the place in the sources.
 * Error: PETSC_ERR_MEM. Free with sq_free. Not collective; not for threads. */
PetscErrorCode sq_alloc_bytes(size_t bytes, void **memory, const char *file, int line);
/* Frees and sets the pointer to NULL; NULL is allowed. Not collective. */
void sq_free_memory(void **memory);
#define sq_alloc(count, pointer)                                                                                       \
  sq_alloc_bytes((size_t)(count) * sizeof **(pointer), (void **)(pointer), __FILE__, __LINE__)
#define sq_free(pointer) sq_free_memory((void **)(pointer))
/* The number of allocations that nobody has freed yet; bytes (may be NULL): their size. Not collective. */
int64_t sq_memory_lives(int64_t *bytes);
/* Prints them to a stream, one line for each place in the sources: "# never freed: 2 times 64 bytes of FILE:LINE".
 * Nothing where nothing lives. Not collective. */
void sq_memory_report(FILE *stream);
/* "squall 0.1.0 (git abc123, gcc 12.2.0 -O3 ...)": what goes into every file. */
const char *sq_version(void);
/* SQ_VERSION of the library: 10000 major + 100 minor + patch. Not collective. */
int sq_version_number(void);
/* Libraries and their run-time versions, one line. */
const char *sq_libraries(void);

SQ_C_END

#endif
