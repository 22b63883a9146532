/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to coupling: the sites of the two colours, and a layer, which maps those of one given the other.
 *
 * Sites of a colour are lists [positions][cells]: with cells of 2^d sites a position of a cell has one colour, and
 * cells are the sites of the network's lattice; with cells of one site all sites have a place in either list, -1 where
 * they are of the other colour. Numbers of a layer are arrays [positions][count][cells].
 *
 * Collective over the ranks of the lattice, unless a comment says so.
 */
#ifndef SQUALL_COUPLING_LAYER_H
#define SQUALL_COUPLING_LAYER_H

#include "squall/coupling.h"
#include "squall/net.h"
#include "src/coupling/map.h"

/* What all layers share. */
typedef struct {
  const sq_lattice *lattice;
  sq_lattice *cells; /* of the network; owned where it is not `lattice` */
  int batch, positions;
  int64_t count;     /* cells of this rank */
  int64_t *site[2];  /* [positions][cells] of a colour: block index, or -1 */
  sq_nn_block block; /* of one field, with a rim of one site */
  sq_halo *halo;
  double *padded;                           /* [batch][padded sites] */
  double *mean;                             /* [batch][local_volume] over the 2d neighbours */
  double **in, **dout, *du, *y, *log_slope; /* of a layer: [channels], [positions][batch][cells] each */
  double **scale, *level;                   /* of the network's inputs */
} sq_coupling_sites;
PetscErrorCode sq_coupling_sites_create(const sq_lattice *lattice, int cell, int batch, sq_coupling_sites *sites);
PetscErrorCode sq_coupling_sites_destroy(sq_coupling_sites *sites);
/* sites->mean of x[count][local_volume], or of itself, of the sites of a colour alone, all others being 0. */
PetscErrorCode sq_coupling_means(sq_coupling_sites *sites, int count, int colour, const double *x);

/* A layer; it keeps what it had last of the sites that it maps. */
typedef struct {
  int colour;
  sq_network *network;
  double shared[SQ_MAP_SHARED], unit, width;
  double response;      /* of a site to the mean of its neighbours, what the weights w are in units of */
  double *x, *u, **out; /* [positions][batch][cells] each; out: [positions outputs] */
} sq_coupling_layer;
/* The network of a layer. Not collective. */
sq_network_shape sq_coupling_network(const sq_coupling_shape *shape);
PetscErrorCode sq_coupling_layer_create(const sq_coupling_sites *sites, const sq_network_shape *shape, int colour,
                                        bool backward, sq_coupling_layer *layer);
PetscErrorCode sq_coupling_layer_destroy(const sq_coupling_sites *sites, sq_coupling_layer *layer);
/* Weights: those that sites share, then the network's. Not collective. */
void sq_coupling_layer_load(sq_coupling_layer *layer, const float *weight);
/* Maps x[count][local_volume], or, inverse, maps it back; this rank's part of log q is added, of the same sign either
 * way. */
PetscErrorCode sq_coupling_layer_map(sq_coupling_layer *layer, sq_coupling_sites *sites, int count, bool inverse,
                                     double *x, sq_sum *log_q);
/* The way back of the last call: see sq_coupling_map_back, c[count][local_volume]. */
PetscErrorCode sq_coupling_layer_back(sq_coupling_layer *layer, sq_coupling_sites *sites, int count, bool along,
                                      const double *factor, double *c, float *gradient);

#endif
