/* SPDX-License-Identifier: BSD-3-Clause */
/* run: what a command and a stage are, as rows of tables. The rows stand with what they describe; the tables are in
 * src/app/table.c. */
#ifndef SQUALL_RUN_STAGE_H
#define SQUALL_RUN_STAGE_H

#include "src/run/run.h"

/* What the stages of a deck would take (src/plan/plan.h). */
typedef struct sq_budget sq_budget;

/* A command of the program. It works on a deck (make) or, if it has `files`, on what stands on the command line. */
typedef struct {
  const char *name, *usage, *summary;
  const char *const *sections;         /* of the deck, for --help; NULL: all */
  const sq_param *const *params;       /* tables that it adds to the deck; NULL: none */
  PetscErrorCode (*fits)(sq_run *run); /* whether it can be done, before anything is; NULL: as far as is known */
  PetscErrorCode (*make)(sq_run *run); /* both collective over run->world */
  const sq_option *options;            /* beside the keys of the deck; NULL: none */
  PetscErrorCode (*files)(MPI_Comm world, const sq_words *words); /* collective over world */
  /* The same on one file, without MPI; message: of its error, for the user. */
  PetscErrorCode (*alone)(const sq_words *words, const char *path, FILE *out, char *message, size_t size);
  /* Instead of all these: what needs neither a deck nor MPI. message: as of alone. */
  PetscErrorCode (*tells)(const sq_words *words, FILE *out, char *message, size_t size);
  int place;   /* in --help: lowest first; then stages in the order of a run, other commands in that of their table */
  bool prints; /* leaves nothing in the run's directory, which need not be there */
  bool reads;  /* only reads what others made, besides its own tables */
  bool serial; /* one process does it without MPI: it uses no library that calls MPI by itself (FFTW's transposition,
                  PETSc's solvers) */
} sq_command;

/* A file that a stage makes, for whoever reads it (sq_stage.products). */
typedef struct {
  const char *name; /* "ensemble.h5"; a * stands for a number */
  const char *kind;
  const char *const *sections; /* of the deck: those that determine it, besides the seed */
  const char *const *before;   /* those that determine what it is made of; NULL: nothing */
  bool sampled;                /* its fields are on the lattice sample.extents, not on that of the run */
} sq_product;

/* What determines a model: the ensemble it learned from, and how. */
extern const char *const sq_model_sections[];

/* A stage of a run: a command that `squall run` includes. It skips what is finished and resumes what was interrupted.
 */
typedef struct {
  sq_command command;
  const char *section;               /* runs when the deck has it; NULL: always, or when there are fields */
  bool of_fields;                    /* runs when the run has made some */
  bool (*wanted)(const sq_run *run); /* asks for more of the deck than its section; NULL: nothing more */
  const char *const *files;          /* of records that it makes in the run's directory; NULL: none */
  const sq_product *products;        /* all files that others read, ended by {0}; NULL: none */
  bool files_last;                   /* that stand behind those of corrections in tables and figures */
  sq_form form;                      /* of the theory, which its fields are in */
  /* What the theory, in that form, lacks for it, in words that go on after its name; NULL: nothing. NULL for a stage of
   * any theory. Not collective, the same on every rank. */
  const char *(*lacks)(const sq_run *run, const sq_action *action);
  void (*algorithms)(const sq_action *action, char *text, size_t size); /* of the theory, to choose from; may be NULL */
  /* Whether the parts of the deck that it goes by fit each other: SQ_ERR_INPUT for what would fail or mislead after
   * long work. May be NULL. Collective. */
  PetscErrorCode (*fits)(const sq_run *run);
  /* Says who would work on what, and what that takes, for `squall check`, and adds it up; quiet, before a run: fails
   * where these ranks cannot do it. May be NULL. Collective. */
  PetscErrorCode (*plan)(const sq_run *run, sq_budget *budget);
  const char *done_file; /* in the run's directory: there when the stage is done; NULL: none */
} sq_stage;

#define SQ_DECK(...)     ((const char *const[]){__VA_ARGS__, NULL})     /* sections, for a row */
#define SQ_FILES(...)    SQ_DECK(__VA_ARGS__)                           /* names of files, for a row */
#define SQ_PRODUCTS(...) ((const sq_product[]){__VA_ARGS__, {0}})       /* files that others read, for a row */
#define SQ_TABLES(...)   ((const sq_param *const[]){__VA_ARGS__, NULL}) /* tables of parameters, for a row */

extern const sq_stage *const sq_stages[];     /* in the order of a run, NULL-terminated */
extern const sq_command *const sq_commands[]; /* those that are no stages, NULL-terminated */
enum { SQ_PLACE_FIRST = -1, SQ_PLACE_STAGE, SQ_PLACE_LATE, SQ_PLACE_REPORT, SQ_PLACE_LAST }; /* sq_command.place */
/* All commands, those of the stages among them, in the order of --help; NULL past the end. Not collective. */
const sq_command *sq_command_at(int index);

/* Whether the deck has what the stage is for; of_fields is not looked at. Not collective. */
bool sq_stage_wanted(const sq_stage *stage, const sq_run *run);
/* Whether the theory has what the stage asks for: SQ_ERR_INPUT with what it lacks and which sections are possible with
 * it. Collective (suits.c). */
PetscErrorCode sq_stage_suits(const sq_stage *stage, const sq_run *run);
/* For rows: a force; one real number a site; what the model of the deck asks for. */
const char *sq_lacks_force(const sq_run *run, const sq_action *action);
const char *sq_lacks_number(const sq_run *run, const sq_action *action);
const char *sq_lacks_model(const sq_run *run, const sq_action *action);

#endif
