/* action: lattice actions behind one descriptor; a theory is one file and one line in the table of action.c.
 *
 * Kernels see fields with a filled halo of width 1 and know nothing of ranks. energy and force also take fields of a
 * lattice with more directions than the action has: the leading ones number independent lattices.
 */
#ifndef SQUALL_ACTION_H
#define SQUALL_ACTION_H

#include "squall/deck.h"
#include "squall/field.h"

enum { SQ_ACTION_PARAMETERS = 4 };

typedef struct sq_action sq_action;

/* S = sum_x [ -hop sum_{mu>0} phi_x phi_{x+mu} + quadratic phi_x^2 + quartic phi_x^4 ]. */
typedef struct {
  double hop, quadratic, quartic;
} sq_hopping;

typedef struct {
  const char *name; /* as in the deck: action: {type: phi4} */
  const char *summary;
  int parameters;
  const char *parameter[SQ_ACTION_PARAMETERS]; /* deck keys of the section action, order of sq_action.value */
  /* Of theories of the form sq_hopping, whose kernels are shared (src/action/hopping.h); NULL elsewhere. */
  sq_hopping (*coefficients)(const sq_action *action);
  bool z2; /* S(-phi) = S(phi), and to the last bit: energy is even and force odd in floating point too */
  /* Whether the values define a measure; if not, writes into reason what is wrong and what is allowed. */
  bool (*valid)(const sq_action *action, char *reason, size_t size);
  /* Adds the action density of every interior site to sum. Each link belongs to the site it leaves in the positive
   * direction. */
  void (*energy)(const sq_action *action, const sq_field *phi, sq_sum *sum);
  /* out[block] = F_x = -dS/dphi_x. */
  void (*force)(const sq_action *action, const sq_field *phi, double *out);
  /* next = (1 + ratio) now - ratio previous + weight F(now), what molecular dynamics is made of, on the planes first ..
   * first + count - 1 (sq_field_planes); the fields have the layout of `now`, whose rim is filled there; next may be
   * previous. */
  void (*sweep)(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first, int64_t count,
                const sq_field *previous, sq_field *next);
  /* strength[d][n]: by how much S rises when the sign of one end of a link turns, for the links that leave n sites of a
   * row from phi->data[at] on in the positive directions; the rim is filled. NULL where S does not change link by link.
   */
  void (*bond)(const sq_action *action, const sq_field *phi, int64_t at, int64_t n, double *strength);
  /* The uniform field of least action, >= 0: positive where the classical theory is broken. */
  double (*ordered_value)(const sq_action *action);
  /* G(p) = <|phi_p|^2>/V of a quadratic theory, given sum_mu cos p_mu; negative where the values make it not quadratic.
   */
  double (*free_propagator)(const sq_action *action, double cos_sum);
  /* Where S = sum_x [ u(phi_x) - hop sum_{mu>0} phi_x phi_{x+mu} ], what a transfer matrix needs: hop, and u with its
   * derivative in slope. Both or neither (NULL). */
  double (*hopping)(const sq_action *action);
  double (*site)(const sq_action *action, double phi, double *slope);
} sq_action_type;

struct sq_action {
  const sq_action_type *type;
  int dim;
  double value[SQ_ACTION_PARAMETERS];
};

extern const sq_action_type *const sq_action_types[]; /* NULL-terminated */
/* The declared deck parameters of the section `action`. */
extern const sq_param sq_action_params[];

/* The action of a deck for a d-dimensional lattice. Errors: SQ_ERR_INPUT with the place in the deck. Same on all ranks,
 * no communication. */
PetscErrorCode sq_action_from_deck(const sq_deck *deck, int dim, sq_action *action);
/* The action with the given type name and values (for tests, files). Error: SQ_ERR_INPUT. */
PetscErrorCode sq_action_make(const char *type, int dim, const double value[], sq_action *action);
/* "phi4 kappa=0.21 lambda=0.022": as many digits as it takes to get the same value back; what files store and compare.
 */
void sq_action_describe(const sq_action *action, char *text, size_t size);
bool sq_action_equal(const sq_action *a, const sq_action *b);

/* ---- many copies of a lattice of a few sites, on one rank: what walkers, quadratures and grids in field space ask for
 * ---- */
typedef struct {
  sq_action action;
  int64_t sites, copies;
  sq_lattice *single, *stack; /* one of them; all, numbered by a leading direction */
  sq_field *one, *many;
} sq_copies;

/* extent[action->dim]; at most three dimensions (SQ_ERR_INPUT). Not collective, as all of these. */
PetscErrorCode sq_copies_create(const sq_action *action, const int64_t extent[], int64_t copies, sq_copies **many);
PetscErrorCode sq_copies_destroy(sq_copies **many);
/* S of the field phi[sites]. */
double sq_copies_action(sq_copies *many, const double *phi);
/* force[copies][sites] = -dS/dphi of the fields phi[copies][sites]. */
void sq_copies_force(sq_copies *many, const double *phi, double *force);

#endif
