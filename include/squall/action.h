/* SPDX-License-Identifier: BSD-3-Clause */
/* action: lattice actions behind one descriptor; a theory is one file and one line in src/action/table.c.
 *
 * Kernels see fields with a filled halo of width 1 and know nothing of ranks. energy and force also take fields of a
 * lattice with more directions than the action has: the leading ones number independent lattices.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_ACTION_H
#define SQUALL_ACTION_H

#include "squall/deck.h"
#include "squall/flux.h"
#include "squall/halo.h"

SQ_C_BEGIN

enum { SQ_ACTION_PARAMETERS = 5 };

typedef struct sq_action sq_action;

/* ---- what numbers a field is made of ---- */

/* x -> factor x + shift for every number of a field; forces and means of the field get the factor. */
typedef struct {
  double factor, shift;
} sq_symmetry;

/* The values that one number of a field takes, and what all theories on them share. */
typedef struct {
  const char *name;
  /* Independent numbers at random: the hot start. */
  sq_random random;
  /* The symmetry move of number u, uniform in (0, 1); a theory says whether it has it (sq_action_type.symmetric). */
  sq_symmetry (*symmetry)(double u);
  /* The order parameter is the length of the means of what these two make of n numbers x; NULL: the mean of x. */
  void (*order[2])(int64_t n, const double *x, double *out);
  /* Takes n numbers to those that stand for the same, where many do; out may be x. NULL: none do. */
  void (*wrap)(int64_t n, const double *x, double *out);
  /* Whether n numbers are of this space; NULL: all finite ones are. */
  bool (*holds)(int64_t n, const double *x);
  /* The mean of x dS/dx for one number, by partial integration: Schwinger-Dyson. NaN where nothing is known. */
  double identity;
  bool reflected; /* reflections alone reach every value: cluster updates need no other */
} sq_space;

/* The real line: normal numbers, the sign. The circle: angles in [-pi, pi), measure dx/2 pi, the common rotation. The
 * two signs -1 and 1, counted: the common sign. Fluxes (squall/flux.h), of which there are none in a hot start. Real
 * and imaginary parts (sq_action_complexified): normal numbers, the sign. */
extern const sq_space sq_space_real, sq_space_circle, sq_space_sign, sq_space_flux, sq_space_complex;

/* ---- a theory: what every one has, and records of what some can do ---- */

/* The numbers of a lattice that is not cut, one a site: the first of them, what is between neighbours. */
typedef struct {
  double *data; /* not owned */
  int64_t stride[SQ_DIM];
} sq_sites;

/* A sweep of such a lattice, d > 1, with at least SQ_TORUS_ROW sites in a row. Beyond an end of a direction comes its
 * other end: rims are neither read nor written. Each field has its own strides; next may be previous. */
typedef struct {
  const sq_lattice *lattice; /* not owned */
  double ratio, weight;
  sq_sites now, previous, next;
} sq_torus;
enum { SQ_TORUS_ROW = 8 };

/* A theory that can be differentiated: what molecular dynamics, Langevin equations and learned scores ask for. */
typedef struct {
  /* out[block] = F_x = -dS/dphi_x. */
  void (*force)(const sq_action *action, const sq_field *phi, double *out);
  /* next = (1 + ratio) now - ratio previous + weight F(now), what molecular dynamics is made of, on the planes first ..
   * first + count - 1 (sq_field_planes); the fields have the layout of `now`, whose rim is filled there; next may be
   * previous. */
  void (*sweep)(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first, int64_t count,
                const sq_field *previous, sq_field *next);
  /* The same without rims, or NULL: see sq_torus. Rows first .. first + count - 1, modulo their number, of the second
   * direction (d = 2: all of it is the row itself, first and count are ignored) in planes plane .. plane + planes - 1.
   */
  void (*torus)(const sq_action *action, const sq_torus *torus, int64_t plane, int64_t planes, int64_t first,
                int64_t count);
} sq_action_smooth;

/* A theory whose S changes link by link when sites are reflected: what clusters ask for. axis[SQ_COMPONENTS]: normal
 * numbers of the update at hand, by which one reflection of many is chosen. */
typedef struct {
  /* strength[d][n]: by how much S rises when one end of a link is reflected, for the links that leave n sites of a row
   * from phi->data[at] on in the positive directions; the rim is filled. */
  void (*strength)(const sq_action *action, const sq_field *phi, const double *axis, int64_t at, int64_t n,
                   double *strength);
  /* Reflects those of n sites of a row that have turn[i]. NULL: the only one is x -> -x. */
  void (*reflect)(const sq_action *action, sq_field *phi, const double *axis, int64_t at, int64_t n, const bool *turn);
} sq_action_bond;

/* A component at the sites of one colour on a rank: no two of them are neighbours. */
typedef struct {
  int component, colour, colours;
  const int *of_row;   /* what the row adds to its sites' colours */
  const bool *pattern; /* [colours][row length] which sites of a row have colour 0, 1, ... without that */
} sq_colour;
/* Which sites of a row, of n sites, are of the colour. Not collective. */
static inline const bool *sq_colour_mask(const sq_colour *c, int64_t row, int64_t n)
{
  return c->pattern + (c->colour - c->of_row[row] + c->colours) % c->colours * n;
}

/* A theory whose numbers can be drawn one by one, given all others: heat baths, what there is where there is no force.
 */
typedef struct {
  /* Draws number c of n sites of a row from phi->data[at] on, those with now[i]; c is at / phi->sites, `site` the
   * number of the first (squall/field.h), the address of what is random. No two of those sites are neighbours: S must
   * not join the same numbers c of sites further apart; it may join others as far as the rim reaches. The rim is
   * filled, and left alone. */
  void (*draw)(const sq_action *action, sq_field *phi, int64_t at, int64_t n, const bool *now, sq_stream stream,
               uint64_t site, uint64_t step);
  /* The same for all rows at once, where rows share something, in place of draw; NULL: row by row. */
  void (*draw_colour)(const sq_action *action, sq_field *phi, const sq_colour *colour, sq_stream stream, uint64_t step);
  /* Moves the same numbers as far as they can go with S as it is, without random numbers (over-relaxation: M. Creutz,
   * Phys. Rev. D 36 (1987) 515; F. R. Brown, T. J. Woch, Phys. Rev. Lett. 58 (1987) 2394), each an involution given all
   * others. NULL: there is no such move. */
  void (*relax)(const sq_action *action, sq_field *phi, int64_t at, int64_t n, const bool *now);
} sq_action_local;

/* A theory whose numbers are the fluxes of squall/flux.h: worms move them. Its start from the other side than none is
 * sq_flux_uniform. */
typedef struct {
  sq_flux_coupling (*coupling)(const sq_action *action);
} sq_action_flux;

/* What a chemical potential makes of a site: the real and the imaginary part of the particle number -dS/dmu; the real
 * part of -d^2 S/dmu^2. */
typedef enum { SQ_PARTICLES_REAL, SQ_PARTICLES_IMAGINARY, SQ_PARTICLES_CONTACT } sq_particles;

/* A theory whose real numbers have become complex, because its weight is: what complex Langevin dynamics asks for (G.
 * Parisi, Phys. Lett. B 131 (1983) 393; J. R. Klauder, Acta Phys. Austriaca Suppl. 25 (1983) 251). The first half of
 * the numbers of a site are real parts, the second half imaginary parts, in the same order; what is called force is the
 * drift, S the real part of the complex action. Noise is for real parts alone. */
typedef struct {
  /* The largest drift of the sites of a lattice that is usual: beyond it steps are shortened. */
  double (*usual_drift)(const sq_action *action, double volume);
  /* Adds that of every interior site; the rim is filled. */
  void (*particles)(const sq_action *action, const sq_field *phi, sq_particles part, sq_sum *sum);
} sq_action_complexified;

/* A theory of one number a site in which a site sees all others through one vector,
 *   S = sum_x V(phi_x) - sum_x sum_{mu>0} hop_mu <v_x, v_{x+mu}>,   h_x = sum_mu hop_mu (v_{x+mu} + v_{x-mu}),
 * v being the vector of the order parameter (sq_action_order): given all others phi_x has the density e^{<h,
 * v>-V}/z(h), z(h) = int dphi e^{<h, v>-V} in the theory's measure. What draws sites exactly, and sums them out, asks
 * for this. Vectors are [orders][n]. */
typedef struct {
  /* Direction mu as in sq_lattice. A site that is its own neighbour, in a direction of one site, is not in h: its link
   * is a part of V, and a constant that is left out where v has the length 1. */
  double (*hop)(const sq_action *action, int mu);
  /* V of n numbers, up to a constant; NULL: V = 0. */
  void (*potential)(const sq_action *action, int64_t n, const double *phi, double *V);
  /* What the functions below go by, made once, the caller's (sq_free); loops: directions of one site. NULL: nothing,
   * and they get NULL. */
  PetscErrorCode (*prepare)(const sq_action *action, int loops, double **table);
  /* log_z[n] of h, and mean[orders][n], the mean of v given h, its derivative; mean may be NULL. */
  void (*log_z)(const sq_action *action, const double *table, int64_t n, const double *h, double *log_z, double *mean);
  /* Draws n numbers given h, each by a stream of its own, at the address (site, step), draws 0 .. 255. */
  void (*draw)(const sq_action *action, const double *table, int64_t n, const double *h, const sq_stream *stream,
               uint64_t site, uint64_t step, double *phi);
} sq_action_given;

/* A theory with moves between sectors that small steps do not join. */
typedef struct {
  const char *unit; /* what messages call them, several: "instantons" */
  /* Moves the interior of phi by move number u, uniform in (0, 1): its measure stays, and each move is as likely as the
   * one back. */
  void (*move)(const sq_action *action, double u, sq_field *phi);
} sq_action_jump;

/* S = sum_x [ u(phi_x) - hop sum_{mu>0} phi_x phi_{x+mu} ]: what a transfer matrix asks for. */
typedef struct {
  double (*hop)(const sq_action *action);
  double (*site)(const sq_action *action, double phi, double *slope); /* u, and its derivative in slope */
  /* Where a theory says of which particle it is the path integral: its time step, its mass; phi is its place. NULL: it
   * does not, and both are 1. */
  void (*units)(const sq_action *action, double *spacing, double *mass);
} sq_action_transfer;

/* A theory may be written in other numbers with the same values: its forms. What a form is made for, which is the
 * section of a deck: */
typedef enum { SQ_FORM_MC, SQ_FORM_HMC, SQ_FORM_LANGEVIN, SQ_FORMS } sq_form;

typedef struct sq_action_type sq_action_type;
struct sq_action_type {
  const char *name; /* as in the deck: action: {type: phi4} */
  const char *summary;
  const sq_param *params; /* of the section action of a deck, ended by {0}: integers and reals, at most
                             SQ_ACTION_PARAMETERS, in the order of sq_action.value */
  const sq_space *space;
  int (*components)(const sq_action *action); /* numbers a site, at most SQ_COMPONENTS; NULL: one */
  const char *const *columns; /* names of the numbers of a configuration, NULL-terminated: the order parameter first,
                                 action_density among them where there is an energy (squall/obs.h) */
  bool symmetric; /* S has the symmetry of the space: energy and force in floating point too where it is a sign, to
                     rounding where it is a rotation (the common one of angles, of O(N) for N real numbers a site) */
  bool corners;   /* energy and force also read sites that are neighbours of neighbours: rims have corners */
  /* Whether the values define a measure; if not, writes into reason what is wrong and what is allowed. */
  bool (*valid)(const sq_action *action, char *reason, size_t size);
  /* Adds the action density of every interior site to sum. Each link belongs to the site it leaves in the positive
   * direction. NULL: it is not known (sq_action_known). */
  void (*energy)(const sq_action *action, const sq_field *phi, sq_sum *sum);
  /* smooth->force and energy in one pass, where nothing has to be read twice: on the planes first .. first + count - 1
   * (sq_field_planes), their part of the block of forces, and what they add to the sum. Fields of several components:
   * on all planes at once. NULL: one after the other. */
  void (*both)(const sq_action *action, const sq_field *phi, int64_t first, int64_t count, double *force, sq_sum *sum);
  /* Adds what the order parameter is the sum of, for the rim that energy reads; NULL: it is that of the space. */
  void (*order)(const sq_action *action, const sq_field *phi, sq_sum *sum);
  /* What follows is NULL where a theory cannot do it. */
  const sq_action_smooth *smooth;
  const sq_action_bond *bond;
  const sq_action_local *local;
  const sq_action_flux *flux;
  const sq_action_jump *jump;
  const sq_action_given *given;
  const sq_action_complexified *complexified;
  const sq_action_transfer *transfer;
  double (*ordered_value)(const sq_action *action);                   /* sq_action_ordered_value */
  double (*free_propagator)(const sq_action *action, double cos_sum); /* sq_action_free_propagator */
  const char *algorithm; /* of the section mc (squall/mc.h); NULL: the first that is possible */
  /* Rows with the same parameters and other numbers. They stand in no table: no deck offers them, but files are of
   * them. NULL: this row. */
  const sq_action_type *form[SQ_FORMS];
  const void *own; /* of the theory's file alone */
};

struct sq_action {
  const sq_action_type *type;
  int dim;
  double value[SQ_ACTION_PARAMETERS];
};

extern const sq_action_type *const sq_action_types[]; /* NULL-terminated */
/* What a deck may call a theory: the names of the types, then SQ_ACTION_PLUGIN; NULL past the last. */
const char *sq_action_type_name(int index);
/* The declared deck parameters of the section `action`. */
extern const sq_param sq_action_params[];

/* The action of a deck for a d-dimensional lattice. Errors: SQ_ERR_INPUT with the place in the deck. Same on all ranks,
 * no communication. */
PetscErrorCode sq_action_from_deck(const sq_deck *deck, int dim, sq_action *action);
/* The action with the given type name, that of a form too, and values (for tests, files). Error: SQ_ERR_INPUT. */
PetscErrorCode sq_action_make(const char *type, int dim, const double value[], sq_action *action);
/* The theory, or the form of one, that a description (sq_action_describe) begins with; NULL if there is none of that
 * name. */
const sq_action_type *sq_action_described(const char *text);
/* The action that a description is of: parameters that it lacks are at their defaults. False: there is none. */
bool sq_action_read(const char *text, int dim, sq_action *action);
/* "phi4 kappa=0.21 lambda=0.022": as many digits as it takes to get the same value back; what files store and compare.
 */
void sq_action_describe(const sq_action *action, char *text, size_t size);
/* Whether two have the same type, dimension and values. */
bool sq_action_equal(const sq_action *a, const sq_action *b);
/* The row of the table that a form is of; of a row of the table itself. */
const sq_action_type *sq_action_theory(const sq_action_type *type);
/* The same theory with the same values in the form made for that. Error: SQ_ERR_INPUT where these values have none. Not
 * collective, the same on every rank. */
PetscErrorCode sq_action_as(const sq_action *action, sq_form form, sq_action *as);
/* The same, without an error: false where they have none, with the reason in words that go on after the theory's name.
 */
bool sq_action_has_form(const sq_action *action, sq_form form, sq_action *as, char *reason, size_t size);
/* Whether the action is known. Fields of one that is not can be learned from and measured; nothing can be made, weighed
 * or corrected by it. */
bool sq_action_known(const sq_action *action);
/* Error: SQ_ERR_INPUT where it is not, saying that `what` needs it and what is possible; where: the place in the deck,
 * or NULL. Not collective, the same on every rank. */
PetscErrorCode sq_action_need_known(const sq_action *action, const char *where, const char *what);
/* Whether equal fields may come again, because there are few: of theories without a force whose numbers are not real.
 */
bool sq_action_repeats(const sq_action_type *type);
/* How many numbers a site has. */
int sq_action_components(const sq_action *action);
/* How many of them are real, or real parts: those that noise is for. */
int sq_action_real_parts(const sq_action *action);
/* The rim that its kernels read. */
sq_halo_reach sq_action_reach(const sq_action *action);
/* How many numbers a site the vector of the order parameter has: the field's own, or what its space makes of them; and
 * that vector, [orders][sites], of a block: the block itself, or room, filled with it. */
int sq_action_orders(const sq_action *action);
const double *sq_action_order(const sq_action *action, int64_t sites, const double *block, double *room);
/* The symmetry move of number u of its space; where the theory is not symmetric, the one that does nothing. */
sq_symmetry sq_action_symmetry(const sq_action *action, double u);
/* Whether its symmetry moves are orthogonal matrices instead (sq_turn_random): of several real numbers a site. */
bool sq_action_rotates(const sq_action *action);
/* Whether n numbers are of a space. */
bool sq_space_holds(const sq_space *space, int64_t n, const double *x);
/* What methods ask of a theory: a force; and waves of real numbers, what Fourier acceleration moves; and no numbers of
 * a site beside a real one or a vector that its symmetry turns, what a model with path weights learns; the same, or
 * real numbers of no known action, what is learned from fields alone; a force and one real number a site, what field
 * space is a grid for. */
typedef enum { SQ_ABLE_FORCE, SQ_ABLE_WAVES, SQ_ABLE_MODEL, SQ_ABLE_FIELDS, SQ_ABLE_NUMBER } sq_ability;
/* NULL: the theory has it. Else the first thing that it lacks, in words that go on after its name: "has no force". */
const char *sq_action_lacks(const sq_action *action, sq_ability ability);
/* Error: SQ_ERR_INPUT where it lacks that, saying that what asks for it is not for this theory. Not collective, the
 * same on every rank. */
PetscErrorCode sq_action_need(const sq_action *action, sq_ability ability, const char *what);
/* The uniform field of least action, >= 0, of several numbers the length of that vector: positive where the classical
 * theory is broken; 0 where none is known. */
double sq_action_ordered_value(const sq_action *action);
/* G(p) = <|phi_p|^2>/V of a quadratic theory, of one of its numbers a site, given sum_mu cos p_mu; negative where the
 * theory is not quadratic. */
double sq_action_free_propagator(const sq_action *action, double cos_sum);

/* Draws every number of phi once (sq_action_local), number after number of a site, of each the sites of one colour
 * after those of another; halo: sq_action_reach. The same bits on any number of ranks. Error: SQ_ERR_INPUT where the
 * theory cannot. Collective over phi->lattice->comm. */
PetscErrorCode sq_action_local_sweep(const sq_action *action, sq_field *phi, sq_halo *halo, sq_stream stream,
                                     uint64_t step);
/* The same with over-relaxation in place of draws (sq_action_local.relax): S stays, to rounding. */
PetscErrorCode sq_action_relax_sweep(const sq_action *action, sq_field *phi, sq_halo *halo);

/* ---- a theory from a file of a user's own ---- */

/* What decks call it: action: {type: plugin, library: ./phi6.so, ...}; the most bytes of a library's name, with the
 * closing NUL. */
#define SQ_ACTION_PLUGIN "plugin"
enum { SQ_ACTION_LIBRARY = 1024 };
/* Such a file ends with the row of its theory: SQ_THEORY = {.name = "phi6", ...}; it knows by which version of this
 * header it was compiled. */
enum { SQ_ACTION_VERSION = 1 };
#define SQ_ACTION_LAYOUT                                                                                               \
  {                                                                                                                    \
    SQ_ACTION_VERSION, sizeof(sq_action_type), sizeof(sq_action), sizeof(sq_field)                                     \
  }
#define SQ_THEORY                                                                                                      \
  const size_t squall_theory_layout[] = SQ_ACTION_LAYOUT;                                                              \
  const sq_action_type squall_theory
/* Opens a shared library (path: with a / or in the working directory); its theory is known from then on, beside those
 * of the table. There can be one. Errors: SQ_ERR_INPUT where it cannot be opened, or its row cannot be one. Collective
 * over comm. */
PetscErrorCode sq_action_load(MPI_Comm comm, const char *path);
/* The library that a deck names, which must be loaded before the deck is read: its theory declares parameters. path
 * NULL: it names none. As sq_deck_read otherwise; the caller's (sq_free). Collective over comm. */
PetscErrorCode sq_action_library_of(MPI_Comm comm, const char *deck, int count, const char *const *overrides,
                                    char **path);
/* Whether a theory keeps its promises on a small lattice of random fields: its energy is finite, the force is minus its
 * derivative, the sweep is made of the force, translations and symmetry moves leave the energy alone. Errors:
 * SQ_ERR_INPUT with the promise that is broken. Not collective. */
PetscErrorCode sq_action_examine(const sq_action *action);

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

SQ_C_END

#endif
