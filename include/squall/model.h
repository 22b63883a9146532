/* SPDX-License-Identifier: BSD-3-Clause */
/* model: what training makes and generating uses, whatever its family. A family is one row of a table: its keys in the
 * deck, its part of a file, and a generator on any lattice. Files of kind "model" say of which type they are; those
 * that do not are of the first.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_MODEL_H
#define SQUALL_MODEL_H

#include "squall/correct.h"
#include "squall/diffusion.h"
#include "squall/generator.h"
#include "squall/score.h"
#include "squall/train.h"

SQ_C_BEGIN

typedef struct sq_model_type sq_model_type;
typedef struct sq_tractable_kind sq_tractable_kind;

/* ---- the deck's sections sample and train (settings.c) ---- */

extern const sq_param sq_sample_params[], sq_train_params[];

/* How fields are generated. Texts and sides are the deck's. */
typedef struct {
  int64_t configurations, extents[SQ_DIM]; /* extents: as many as there are directions */
  int steps;
  sq_schedule schedule; /* of the levels; type NULL: the model's own */
  const char *where;    /* the deck says so */
  bool placed;          /* those where steps lose most, or in geometric progression */
  double s_min;         /* not positive: auto */
  const sq_sampler_type *sampler;
  int corrections;
  double snr;
  bool plain_prior, wide; /* wide: one exchange for all layers */
  int64_t bound, trajectories, weighed;
  const int64_t *side; /* [sides] of the lattices to weigh on */
  int sides;
  const char *model; /* file; empty: that of this run */
  const char *scan;  /* further couplings to generate at, as in the deck; empty: none */
} sq_sample_settings;

/* How a model learns. */
typedef struct {
  sq_train_options options; /* without a seed */
  const char *scan;         /* couplings that a model learns at, as in the deck; empty: that of the deck */
  double minutes;           /* not positive: options.learner.steps counts */
  bool mixed;
  double s_min, s_max; /* not positive: auto */
  double t_min;        /* where schedules begin */
  int64_t calibrate;
  bool halves; /* two models more, of half the configurations each */
  int weigh;
  double forward, anneal; /* shares of the steps: sq_divergence_options */
  int64_t refresh;        /* updates of each stored field before it is learned from; negative: auto */
  double critic_rate;     /* highest learning rate of what a model learns against */
  int critic_steps;       /* of it for each step of the model */
} sq_train_settings;

/* extents: those of the deck's lattice. Errors: SQ_ERR_INPUT. Not collective; the same on every rank. */
PetscErrorCode sq_sample_settings_from_deck(const sq_deck *deck, int dim, const int64_t extents[],
                                            sq_sample_settings *set);
PetscErrorCode sq_train_settings_from_deck(const sq_deck *deck, sq_train_settings *set);
/* The range of noise levels that a model is trained for: the settings', that of their schedule, or, where they leave it
 * open, what the widths of the field's modes ask for. A width that is not known yet is NaN, and so is what depends on
 * it. Error: SQ_ERR_INPUT where there is no such range. Not collective; the same on every rank. */
PetscErrorCode sq_train_range(const sq_train_settings *set, double stiffest, double widest, double *s_min,
                              double *s_max);
/* Whether the deck gives nothing that a model of its type has no use for: SQ_ERR_INPUT, naming the key and what there
 * is. A key at its default is never in the way. Not collective; the same on every rank. */
PetscErrorCode sq_model_keys_check(const sq_deck *deck);
/* Another number of steps than the deck's, and the average of weights that goes with it. Not collective. */
void sq_train_set_length(const sq_deck *deck, int64_t steps, sq_train_settings *set);

/* ---- models ---- */

/* A model; {0}: none. */
typedef struct {
  const sq_model_type *type;
  void *self; /* of its type, owned */
} sq_model;

/* What a model learns from: fields on a lattice, this replica's view. Nothing is owned. */
typedef struct {
  const sq_grid *grid;
  sq_fft *fft;
  const sq_action *action;
  const sq_train_settings *set;
  uint64_t seed;
  const sq_scan *scan; /* couplings that the fields are of, as many of each, one place after the other; NULL: one */
  sq_dataset training, testing; /* testing: held out; either may be empty for models with an exact density */
  sq_refresh refresh;           /* of fields of the first; its move NULL: there is none */
  const char *where;            /* the file they are of, for messages */
} sq_model_data;

/* What a model learns against, by steps in turns: an objective of its own, beside the model's. */
typedef struct {
  const char *name; /* in lines of the log */
  /* How both learn, own being what the deck says. Not collective. */
  void (*rates)(const sq_train_settings *set, sq_learner_options *own, sq_learner_options *other);
  /* What both learn; data and model are kept, not owned. Collective over a replica. */
  PetscErrorCode (*objectives)(const sq_model_data *data, const void *self, sq_objective *own, sq_objective *other);
  PetscErrorCode (*destroy)(sq_objective *own, sq_objective *other);
  /* The weights that the other begins with, the caller's (sq_free). */
  PetscErrorCode (*start)(const void *self, uint64_t seed, double **weight);
} sq_model_rival;

struct sq_model_type {
  const char *name; /* as in the deck: model: {type: diffusion} */
  const char *summary;
  const sq_param *params; /* its other keys of the deck's section model: those of types that came later are .later; what
                             several types have has one type, range and default */
  const sq_tractable_kind *tractable; /* what it is made of, if its density is exact (src/model/tractable_row.h): it
                                         learns with or without an ensemble. NULL: it has none, and learns from one */
  const sq_model_rival *rival;        /* what it learns against; NULL: it learns alone */
  /* What a theory lacks for it, as sq_action_lacks; NULL for a model of any theory. */
  const char *(*lacks)(const sq_action *action);
  /* Whether such a model of the theory, which lacks nothing for it, can be made from the deck: SQ_ERR_INPUT if not. Not
   * collective; the same on every rank. */
  PetscErrorCode (*check)(const sq_deck *deck, const sq_action *action);
  PetscErrorCode (*destroy)(void **self);
  /* To and from a store of kind "model"; path for messages. get errors: SQ_ERR_DATA. */
  PetscErrorCode (*put)(const void *self, sq_store *store);
  PetscErrorCode (*get)(MPI_Comm comm, const sq_store *store, const char *path, void **self);
  const sq_action *(*action)(const void *self);               /* the theory that it is of */
  const double *(*weights)(const void *self, int64_t *count); /* its parameters */
  /* They as tensors, in their order; none: one array. NULL: it has a format of its own. Error: PETSC_ERR_MEM. */
  PetscErrorCode (*layout)(const void *self, sq_layout *layout);
  /* Of a model of many couplings makes that of one, which lies in their range; whether it is one, and what lies
   * outside, is in `scan`. NULL: models are of one. */
  const sq_scan *(*scan)(const void *self);
  PetscErrorCode (*place)(void **self, const sq_action *action);
  /* What generating takes on a lattice, extent as in sq_lattice. Not collective. */
  sq_generator_needs (*needs)(const void *self, const int64_t extent[SQ_DIM]);
  /* Its generator on the lattice of fft, as the settings want it; plain: without what only saves time there. fft and
   * the model are kept, not owned. Collective over the lattice's ranks. */
  PetscErrorCode (*generator)(const void *self, const sq_sample_settings *set, sq_fft *fft, bool plain,
                              sq_generator *generator);
  /* What generating would take with the deck's model, or, learning, a microbatch. Errors as check. Not collective; the
   * same on every rank. */
  PetscErrorCode (*needed)(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], bool learning,
                           sq_generator_needs *needs);
  /* A new model with the weights that learning begins with. Errors: SQ_ERR_INPUT, SQ_ERR_DATA for fields that nothing
   * can be learned from. Collective over data->grid->world. */
  PetscErrorCode (*create)(const sq_deck *deck, const sq_model_data *data, void **self);
  /* What is learned; data and model are kept, not owned. NULL where there is a rival. Collective over a replica. */
  PetscErrorCode (*objective)(const sq_model_data *data, const void *self, sq_objective *objective);
  PetscErrorCode (*objective_destroy)(sq_objective *objective);
  /* Takes learned weights, and measures what its generator needs to know of them on at most so many held-out fields.
   * Collective over data->grid->world. */
  PetscErrorCode (*update)(void *self, const sq_model_data *data, const double *weight, int64_t most);
  /* What the deck's model is, in a few words, for `squall check`; NULL: nothing. Errors as check. */
  PetscErrorCode (*tell)(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], char *text,
                         size_t size);
  void (*describe)(const void *self, char *text, size_t size); /* what learning settled, in a few words */
  double (*numbers)(const void *self);                         /* that it keeps in a file beside its weights */
};

/* NULL-terminated; the first is the default. */
extern const sq_model_type *const sq_model_types[];
/* The name of a row, NULL past the last; the type of that name, NULL if there is none. Not collective. */
const char *sq_model_name(int index);
const sq_model_type *sq_model_find(const char *name);
/* Whether models of a type have a use for a key of the section train or sample. Not collective. */
bool sq_model_takes(const sq_model_type *type, const char *section, const char *key);
/* The deck's key model.type. */
extern const sq_param sq_model_params[];
/* The type that a deck asks for. Not collective. */
const sq_model_type *sq_model_type_of(const sq_deck *deck);
/* The file of the model that learning begins with, as the deck gives it; empty: none. Not collective. */
const char *sq_model_start(const sq_deck *deck);

/* Nothing happens to {0}. Not collective. */
PetscErrorCode sq_model_destroy(sq_model *model);
/* To and from a store of kind "model". get errors: SQ_ERR_DATA. */
PetscErrorCode sq_model_put(const sq_model *model, sq_store *store);
PetscErrorCode sq_model_get(MPI_Comm comm, const sq_store *store, const char *path, sq_model *model);
/* Makes of a model of many couplings that of one: of the action, if it is the same theory, else its own. Others stay
 * as they are. path for messages. Error: SQ_ERR_INPUT, naming the parameter, where the action is out of the range.
 * Collective over comm. */
PetscErrorCode sq_model_place(MPI_Comm comm, const char *path, const sq_action *action, sq_model *model);
/* A number for its weights. Not collective. */
uint64_t sq_model_print(const sq_model *model);
/* Its needs and its generator, as in the type. */
sq_generator_needs sq_model_needs(const sq_model *model, const int64_t extent[SQ_DIM]);
/* Whether it works on a lattice, extent as in sq_lattice, as far as its type tells before a generator is made:
 * SQ_ERR_INPUT if not. Not collective, the same on every rank. */
PetscErrorCode sq_model_fits(const sq_model *model, const int64_t extent[SQ_DIM]);
PetscErrorCode sq_model_generator(const sq_model *model, const sq_sample_settings *set, sq_fft *fft, bool plain,
                                  sq_generator *generator);

/* ---- block moves of a model's own (squall/correct.h) ---- */

/* Whether models of a type have them. */
bool sq_model_has_blocks(const sq_model_type *type);
/* The side of their blocks on a lattice, extent as in sq_lattice, with the deck's model: block, or, if that is
 * negative, one that suits. SQ_ERR_INPUT where it is impossible. The same on every rank. */
PetscErrorCode sq_model_blocks_check(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM],
                                     int64_t *block);
/* The same with a model. */
PetscErrorCode sq_model_blocks_side(const sq_model *model, const int64_t extent[SQ_DIM], int64_t *block);
/* The same, and its moves; the lattice is kept, not owned. Collective over lattice->comm. */
PetscErrorCode sq_model_blocks(const sq_model *model, const sq_lattice *lattice, int64_t *block, sq_mover *mover);

/* ---- the diffusion model ---- */
enum { SQ_DIFFUSION_CALIBRATION = 48 }; /* noise levels that its kernel is measured at */
extern const sq_model_type sq_model_type_diffusion;
extern const sq_param sq_diffusion_model_params[];
/* The diffusion model inside; SQ_ERR_INPUT, naming what needs it, if the model is none. Not collective; the same on
 * every rank. */
PetscErrorCode sq_model_diffusion(const sq_model *model, const char *what, const sq_diffusion_model **diffusion);
/* The network that a deck asks for. Error: SQ_ERR_INPUT where it is impossible. Not collective; the same on every rank.
 */
PetscErrorCode sq_diffusion_shape(const sq_deck *deck, const sq_action *action, sq_network_shape *shape);
/* The settings' levels for a model's score, in some number of steps. Error:
 * SQ_ERR_INPUT where they leave the range that the model was trained in. Not collective; the same on every rank. */
PetscErrorCode sq_diffusion_levels(const sq_sample_settings *set, const sq_diffusion_model *model,
                                   const sq_score *score, int steps, sq_noise_grid *levels);
/* Whether there are such levels for a model that was trained from s_min to s_max, NaN where that is not known yet.
 * Error: as above. */
PetscErrorCode sq_diffusion_levels_check(const sq_sample_settings *set, int steps, double s_min, double s_max);
/* The settings' sampler on them; score and levels are kept, not owned. Collective over the lattice's ranks. */
PetscErrorCode sq_diffusion_sampler(const sq_sample_settings *set, const sq_score *score, const sq_noise_grid *levels,
                                    int batch, sq_sampler **sampler);

SQ_C_END

#endif
