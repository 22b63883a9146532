/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to likelihood: the ODE as integrators see it. */
#ifndef SQUALL_LIKELIHOOD_FLOW_H
#define SQUALL_LIKELIHOOD_FLOW_H

#include "squall/likelihood.h"
#include <petscts.h>

typedef struct sq_flow_integrator sq_flow_integrator;

struct sq_flow {
  sq_score score;     /* not owned */
  sq_noise_grid grid; /* not owned */
  sq_flow_settings settings;
  const sq_flow_integrator *integrator;
  int batch, probes;
  int64_t numbers, orbits, colours;   /* of a field on this rank; of the lattice; how many */
  int64_t size;                       /* of a state: numbers + probes */
  int64_t *colour;                    /* [numbers] of each number of a site */
  double *sign;                       /* [probes][numbers] of the field at hand */
  bool density;                       /* whether rates of the logarithms are wanted */
  double *state;                      /* [batch][size]: y, then log q of each probe, from the start of the flow */
  double *phi, *clean;                /* [numbers] the field at hand; [batch][numbers] */
  double *noise, *jump, *noisy;       /* [numbers] of the last step: noise of k and of q, phi_1 */
  double *filter, *width;             /* [orbits] */
  double *direction, *along, *smooth; /* tangents, some at a time; [numbers] */
  double *rate[2];                    /* [size] */
  double *error;                      /* [batch] */
  TS ts;                              /* of dormand-prince */
  Vec solution;
  int64_t evaluations; /* so far, tangents included */
  double cost;         /* the same for each of the fields made last; NaN before */
  double from, sense;  /* its clock t = from + sense * time */
};

/* flow->width = sqrt(G + s^2), flow->filter = W. */
void sq_flow_set_level(sq_flow *flow, double s);
/* rate[size] = d state/dt at t = log s. Collective over the lattice's ranks. */
PetscErrorCode sq_flow_rate(sq_flow *flow, double t, const double *state, double *rate);
/* rates[probes] = tr(J - W) of each probe at phi, and clean = D(phi) W in filter. Collective (divergence.c). */
PetscErrorCode sq_flow_divergence(sq_flow *flow, double s, const double *phi, double *clean, double *rates);
/* Colours, and what the divergence needs. Collective. */
PetscErrorCode sq_flow_create_divergence(sq_flow *flow);
/* Signs of one field for all probes. Not collective. */
void sq_flow_draw_signs(sq_flow *flow, uint64_t seed, int64_t field);

/* integrate.c */
struct sq_flow_integrator {
  const char *name;
  bool adaptive; /* needs no levels on its way */
  PetscErrorCode (*create)(sq_flow *flow);
  /* state from t = from to t = to. Collective over the lattice's ranks. */
  PetscErrorCode (*advance)(sq_flow *flow, double from, double to, double *state);
};
extern const sq_flow_integrator sq_flow_heun, sq_flow_dormand_prince;
extern const sq_flow_integrator *const sq_flow_integrators[]; /* table.c; NULL-terminated */
const sq_flow_integrator *sq_flow_integrator_find(const char *name);

#endif
