/* SPDX-License-Identifier: BSD-3-Clause */
/* run: a deck with its directory, its process grids, what stops it early, what earlier stages made. */
#ifndef SQUALL_RUN_H
#define SQUALL_RUN_H

#include "squall/action.h"
#include "squall/deck.h"
#include "squall/hmc.h"
#include "squall/io.h"
#include "squall/obs.h"
#include "squall/model.h"
#include "src/run/text.h"
#include "src/words/words.h"

enum { SQ_PATH = 1024 };

/* What is kept in memory for later stages: an object of a higher room, and what frees it with the run. */
typedef struct {
  void *object;
  void (*destroy)(void **object);
} sq_kept;

/* What was asked about log Z (known.c). */
typedef struct sq_answer sq_answer;

/* The lock of a run's directory, and whether its files have been accepted (directory.c). */
typedef struct sq_door sq_door;

/* The section quantum. */
typedef struct {
  double spacing;
  int levels;
  int64_t first, last; /* negative: auto */
} sq_quantum_settings;

typedef struct sq_run sq_run;

/* What draws the report while the run goes on (redraw.c); the caller's. */
typedef struct sq_redraw sq_redraw;
struct sq_redraw {
  sq_run *run;
  PetscErrorCode (*draw)(sq_redraw *redraw, const char *where); /* where: how far the run is; NULL: no more */
  double last, cost; /* sq_now() of the last time, and what it took, in seconds; of the first a guess */
  bool pictures;     /* whether there is what draws them, as far as is known */
};

/* A deck, read and checked, and what all stages need of it. */
struct sq_run {
  MPI_Comm world;
  int size; /* ranks */
  sq_deck *deck;
  char directory[SQ_PATH];
  uint64_t seed; /* of the deck: what is drawn comes from sq_run_stream */
  int dim;
  int64_t extents[SQ_DIM], padded[SQ_DIM]; /* as in the deck; as in sq_lattice */
  sq_action action;
  const sq_model_type *type; /* of its model (sq_run_model_type) */
  sq_sample_settings sample;
  sq_train_settings train;
  sq_langevin_settings langevin;
  sq_quantum_settings quantum;
  int bins;               /* for the errors of spectra and correlators; -1: auto */
  bool figures;           /* to be drawn */
  bool from_ensemble;     /* correct.start: corrections begin with stored fields of Monte Carlo */
  int replicas;           /* 0: to be chosen */
  bool whole;             /* the stages before this one run first, where the deck has them */
  double began, deadline; /* sq_now() of the start; of the time limit, infinite if there is none */
  double checkpoint;      /* seconds between checkpoints */
  sq_kept *kept;          /* owned */
  sq_answer **answers;    /* a list, owned */
  sq_door *door;          /* owned */
  const sq_words *words;  /* of the command line; NULL: the run is of none */
  sq_redraw *redraw;      /* NULL: the report waits for the end */
  const sq_run *part_of;  /* the run that this one is a part of: its stop file and its status.json count; NULL: none */
};

/* ---- declared parameters of sections that several rooms share (settings.c) ---- */
extern const sq_param sq_run_params[];    /* run, lattice, parallel */
extern const sq_param sq_report_params[]; /* measure, report */
extern const sq_param sq_quantum_params[];
/* Fills a run that has its deck, its world and its size from the deck. Errors: SQ_ERR_INPUT. Collective. */
PetscErrorCode sq_run_from_deck(sq_run *run);

/* All tables of parameters that a deck declares, NULL-terminated: those of every run, of the stages, of the commands.
 * Not collective. */
enum { SQ_DECK_TABLES = 40 };
void sq_deck_tables(const sq_param *tables[SQ_DECK_TABLES]);

/* The run as a stage sees it whose fields are in that form of the theory: a view, which shares all that the run owns
 * and is not destroyed. Error: SQ_ERR_INPUT where the theory cannot have it. Not collective, the same on every rank. */
PetscErrorCode sq_run_as(const sq_run *run, sq_form form, sq_run *view);
/* The run's action in the form that a file is of, as its description says; as it is if that is another theory. Not
 * collective. */
void sq_run_action_of(const sq_run *run, const char *description, sq_action *action);

PetscErrorCode sq_run_create(MPI_Comm world, const char *deck, int count, const char *const *overrides, sq_run **run);
/* The same of a deck in memory; name stands for the file in messages. */
PetscErrorCode sq_run_of_text(MPI_Comm world, const char *name, const char *text, int count,
                              const char *const *overrides, sq_run **run);
/* The run that made a directory, by the deck in it, wherever the directory is now. Collective over world. */
PetscErrorCode sq_run_of_directory(MPI_Comm world, const char *directory, sq_run **run);
PetscErrorCode sq_run_destroy(sq_run **run);
/* "DIRECTORY/name" */
void sq_run_path(const sq_run *run, const char *name, char path[SQ_PATH]);
/* Replaces the file NAME in the run's directory by text, which is cleared. Collective. */
PetscErrorCode sq_run_write(const sq_run *run, const char *name, sq_text *text);

/* ---- the directory (directory.c) ---- */
/* One that is outside of it; what it holds is given back. Not collective. */
PetscErrorCode sq_door_create(sq_door **door);
void sq_door_destroy(sq_door **door);
/* Keeps every other squall that makes files out of the directory, as long as this one lives. Errors: SQ_ERR_INPUT if
 * another one is there, SQ_ERR_IO if there can be no lock. Collective. */
PetscErrorCode sq_run_lock(sq_run *run);
/* Enters the directory; works: makes and locks it, for a command that makes files. Nothing is written but the lock:
 * what is logged waits for sq_run_accept. Errors: as above; SQ_ERR_INPUT if there is nothing to read. Collective. */
PetscErrorCode sq_run_enter(sq_run *run, bool works);
/* A command has looked at the files that are there and goes to work: opens the log, writes the effective deck. Called
 * before long work, by sq_work_begin, by sq_run_write, and at the end; only the first call does anything. A command
 * that only reads leaves both to another that is at work. Error: SQ_ERR_IO. Collective. */
PetscErrorCode sq_run_accept(const sq_run *run);
/* Writes the effective deck, deck.yaml, as it stands now; before sq_run_accept, nothing. Collective. */
PetscErrorCode sq_run_write_deck(const sq_run *run);
/* A link of that name in the directory, where there is nothing of it yet. Error: SQ_ERR_IO. Collective. */
PetscErrorCode sq_run_link(const sq_run *run, const char *name, const char *to);
/* After an error: a directory that was made for a command that was refused goes again. Not collective. */
void sq_run_leave(const sq_run *run);

/* What fingerprints are joined from (sq_fingerprint_join). Files carry the results: these numbers stay as they are. */
#define SQ_PART_SEED UINT64_C(0x9e3779b97f4a7c15) /* of the run; a step size */
enum {
  SQ_PART_MODEL = 3,          /* of samples: what made their model */
  SQ_PART_SAMPLING = 3,       /* of moves: the sections that make their levels */
  SQ_PART_FIELDS = 5,         /* of corrected fields: the file they begin with */
  SQ_PART_LIKELY_MODEL = 7,   /* of likelihoods */
  SQ_PART_FLOW_WEIGHTS = 11,  /* of fields of the flow: the model and its weights */
  SQ_PART_MOVES_WEIGHTS = 13, /* of moves */
  SQ_PART_HELD_OUT = 17,      /* of likelihoods: the ensemble */
  SQ_PART_TOLERANCE = 19,     /* of fields of the flow */
  SQ_PART_HALF = 23,          /* of models of half the configurations, and their fields */
  SQ_PART_FORWARD = 29        /* of weights of Monte Carlo fields: the ensemble that they are of */
};
/* The fingerprint of what the given deck sections (and the seed) determine. */
uint64_t sq_run_fingerprint(const sq_run *run, const char *const *sections);
/* The same with one of the step sizes of a Langevin equation, as which langevin.eps does not count. */
uint64_t sq_run_fingerprint_step(const sq_run *run, const char *const *sections, double eps);
/* ---- keys of random streams (stream.c), not collective ---- */
/* What a stage hands the library as its seed: a key of the run's seed, the kind of process, and what determines it in
 * the given sections (NULL: nothing), but for amounts. Never 0. */
uint64_t sq_run_stream(const sq_run *run, const char *kind, const char *const *sections);
/* The key of what depends on other things besides: the key of other numbers, a fingerprint, a value, extents. */
uint64_t sq_stream_join(uint64_t stream, uint64_t other);
uint64_t sq_stream_join_real(uint64_t stream, double value);
uint64_t sq_stream_join_extents(uint64_t stream, int dim, const int64_t extents[]);
/* The key of fields that the section sample has made on a lattice of these extents, by a model with that fingerprint.
 */
uint64_t sq_sample_stream(const sq_run *run, uint64_t model, const int64_t extents[]);

/* The process grid of a stage that has at most `independent` pieces of work to share out over replicas, each piece
 * needing `bytes` of memory when its lattice is not split; grain: 0, or that of the network that works on it
 * (sq_network_grain): then block boundaries are multiples of it, and lie between whole tiles of fast convolutions where
 * the ranks can share the lattice so. Error: SQ_ERR_INPUT when these ranks cannot share the lattice, naming the counts
 * that can. */
PetscErrorCode sq_run_grid(const sq_run *run, const int64_t extents[], int64_t independent, double bytes, int64_t grain,
                           sq_grid **grid, sq_lattice **lattice);
/* The same; whole: no lattice is cut, and ranks beyond the pieces of work have none. */
PetscErrorCode sq_run_grid_whole(const sq_run *run, const int64_t extents[], int64_t independent, double bytes,
                                 int64_t grain, bool whole, sq_grid **grid, sq_lattice **lattice);

/* Whether a stage's records file is there, made by this deck; SQ_ERR_INPUT if by another one. Collective. */
PetscErrorCode sq_run_finished(const sq_run *run, const char *path, const char *stage, uint64_t fingerprint,
                               bool *finished);
/* The same of a file that can be extended: one of the same process (the key of its stream) with fewer than `count`
 * records is not finished, and shorter: those it has are those that a longer one begins with. Collective. */
PetscErrorCode sq_run_finished_or_shorter(const sq_run *run, const char *path, const char *stage, uint64_t fingerprint,
                                          uint64_t stream, int64_t count, bool *finished, bool *shorter);
/* What a records file is about (about.c): all but its deck; the fingerprint; the keys of its streams. Collective. */
PetscErrorCode sq_run_about(const sq_run *run, const char *path, sq_records_info *about);
PetscErrorCode sq_run_fingerprint_of(const sq_run *run, const char *path, uint64_t *fingerprint);
PetscErrorCode sq_run_streams_of(const sq_run *run, const char *path, sq_streams *streams);
/* Named numbers of a records file: value[count]. Error: SQ_ERR_DATA if one is missing. Collective. */
PetscErrorCode sq_run_read_reals(const sq_run *run, const char *path, int count, const char *const *name,
                                 double *value);
/* Fails with SQ_ERR_INPUT, saying what to do, if a file is not of this deck: same is false. Collective. */
PetscErrorCode sq_run_same_deck(const sq_run *run, const char *path, bool same);

/* A new checkpoint of a stage, with the deck, for whoever must say what differs. The store is the caller's. */
PetscErrorCode sq_run_checkpoint_create(const sq_run *run, uint64_t fingerprint, sq_store **store);
/* A stage's checkpoint, if it is there; SQ_ERR_INPUT if it is of another deck. previous: whether the one before it may
 * stand in for one that is damaged. The store is the caller's. Collective. */
PetscErrorCode sq_run_read_checkpoint(const sq_run *run, const char *path, const char *kind, bool previous,
                                      uint64_t fingerprint, sq_store **store, bool *found);
/* Removes it, and the one before it. Collective. */
PetscErrorCode sq_run_remove_checkpoint(const sq_run *run, const char *path);
/* What a records file is about (describe.c): of fields of these extents (as in sq_lattice) and the run's action, made
 * by what the fingerprint stands for with numbers of these streams; groups are to be added. deck: the effective deck,
 * kept until the file is made. Not collective. */
void sq_describe_records(const sq_run *run, const char *kind, const int64_t extent[SQ_DIM], uint64_t fingerprint,
                         const sq_streams *streams, char *deck, sq_records_info *info);
/* Adds a group of count records: its `own` columns, then, if they are observed, those of sq_obs_measure. Not
 * collective. */
void sq_describe_group(const char *name, int64_t count, int own, const char *const *names, bool observed,
                       sq_records_info *info);

/* ---- stopping early (stop.c) ---- */
/* USR1: checkpoint now. USR2, TERM, INT: checkpoint and stop; a second TERM or INT, two seconds or more after the
 * first, ends the program at once. Signals may come to any of the ranks: what they ask for is agreed in sq_run_wish.
 * INT stays ignored where it was (background jobs of a shell). Not collective. */
void sq_stop_install(void);
typedef enum { SQ_GO_ON, SQ_CHECKPOINT, SQ_STOP } sq_wish;
/* What to do now, the same on every rank: a signal, a file named `stop` in the run's directory, the time limit (with
 * `reserve` seconds kept for the longest step and the checkpoint), or the time since the last checkpoint. flag (may be
 * NULL) becomes true where it is true on any rank. Collective.
 */
PetscErrorCode sq_run_wish(const sq_run *run, double reserve, double last_checkpoint, bool *flag, sq_wish *wish);
/* Ends a stage that has nothing to save yet, if it is to stop: SQ_ERR_STOPPED at 0 of total, and that it begins anew.
 * Collective. */
PetscErrorCode sq_run_obey(const sq_run *run, const char *stage, int64_t total);
/* Ends a run before a stage if a signal came during the last one that looked for none: SQ_ERR_STOPPED. Collective. */
PetscErrorCode sq_run_interrupted(const sq_run *run, const char *stage);
/* Ends a stage early, with done of total units kept (total 0: not known): SQ_ERR_STOPPED with how to go on.
 * Collective. */
PetscErrorCode sq_run_stopped(const sq_run *run, const char *stage, int64_t done, int64_t total);
/* Writes status.json into the run's directory; state: running, stopped or finished; members: further ones, each after
 * a comma (status.c). Not collective: the speaking rank does it. */
void sq_run_status(const sq_run *run, const char *stage, const char *state, int64_t done, int64_t total,
                   const char *members);
/* Draws the report of a run that goes on, at times: a stage has saved what it has, or is over. Collective (redraw.c).
 */
PetscErrorCode sq_run_redraw(const sq_run *run, const char *stage, int64_t done, int64_t total);

/* sq_known_log_Z, found once in a run for a theory and a lattice; frees what was found. Not collective. */
PetscErrorCode sq_run_log_Z(const sq_run *run, const sq_action *action, const int64_t extents[], double *log_Z);
void sq_run_forget_answers(sq_run *run);

/* What several stages ask of the deck. */
/* The file of the ensemble that a run learns from: ensemble.h5; of a deck with a section langevin and none hmc, that of
 * the smallest step. Not collective. */
void sq_run_ensemble(const sq_run *run, char path[SQ_PATH]);
bool sq_run_ensemble_is_langevin(const sq_run *run);
/* The section of the deck that makes it: ensemble, hmc, mc or langevin, the first that there is; where there is none,
 * hmc, or mc for a theory that hmc cannot move; and the command for it. Not collective. */
const char *sq_run_ensemble_section(const sq_run *run);
const char *sq_run_ensemble_command(const sq_run *run);
/* What that section says of its chains, whether it is in the deck or not (of an imported ensemble: nothing,
 * sq_import_planned knows how many fields it has); of a Langevin equation, with its first step. Error:
 * SQ_ERR_INPUT. Not collective, the same on all ranks. */
PetscErrorCode sq_run_ensemble_settings(const sq_run *run, sq_hmc_settings *settings);
enum { SQ_TRAINING, SQ_TESTING }; /* groups of an ensemble */
/* Whether the deck's model learns from stored fields: all do but those with an exact density that learn by the reverse
 * divergence alone. Not collective. */
bool sq_train_has_fields(const sq_run *run);
/* The file of the model that fields are generated with: sample.model, or model.h5 of the run. Not collective. */
void sq_run_chosen_model(const sq_run *run, char path[SQ_PATH]);
/* The type of the model: that of the deck. Where it says none and learns none, that of the file sample.model, if there
 * is one. Not collective. */
const sq_model_type *sq_run_model_type(const sq_run *run);
/* Finds it out. Errors: SQ_ERR_DATA for a file that is no model. Collective over run->world (model_type.c). */
PetscErrorCode sq_run_find_model_type(sq_run *run);
/* Whether that is a file of sample.model with a model of a type that has an exact density: such a model has a lattice
 * and a shape of its own, and the deck's say nothing of it. Not collective. */
bool sq_run_model_is_given(const sq_run *run);

#endif
