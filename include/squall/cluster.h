/* SPDX-License-Identifier: BSD-3-Clause */
/* cluster: random clusters on a lattice that is cut over ranks, and turning the sign of a field on some of them
 * (Swendsen and Wang, Phys. Rev. Lett. 58 (1987) 86; for real fields, whose signs are Ising spins with couplings made
 * of the sizes: Brower and Tamayo, Phys. Rev. Lett. 62 (1989) 1087).
 *
 * The strength of a link is by how much the action rises when the sign of one of its ends turns. Links are opened with
 * probability 1 - exp(-strength), never when that is negative; sites joined by open links form clusters; each cluster
 * turns with probability 1/2. That leaves every distribution exp(-S) invariant whose S changes link by link. Nothing
 * here knows S.
 *
 * Random numbers are addressed by global sites, and the decision of a cluster is that of its first site (its label: the
 * smallest global site index), so the result has the same bits on any number of ranks. A link is decided by 31 bits: a
 * probability is right to 2^-32.
 *
 *   for all rows: sq_clusters_open(clusters, stream, step, row, strength);
 *   sq_clusters_join(clusters);
 *   sq_clusters_turn(clusters, field);
 */
#ifndef SQUALL_CLUSTER_H
#define SQUALL_CLUSTER_H

#include "squall/field.h"

SQ_C_BEGIN

typedef struct sq_clusters sq_clusters;

/* Collective over lattice->comm, which must outlive it. Error: SQ_ERR_INPUT for a block of 2^31 sites or more. */
PetscErrorCode sq_clusters_create(const sq_lattice *lattice, sq_clusters **clusters);
PetscErrorCode sq_clusters_destroy(sq_clusters **clusters);
/* Decides the links that leave the sites of a row (sq_lattice_row_site) in the positive directions:
 * strength[d][local[3]], used directions in order. Not collective. */
void sq_clusters_open(sq_clusters *clusters, sq_stream stream, uint64_t step, int64_t row, const double *strength);
/* Finds the clusters of all links, and which of them turn. Collective. */
PetscErrorCode sq_clusters_join(sq_clusters *clusters);
/* field = -field, in all components, on the clusters that turn; the rim is left alone. Not collective. */
void sq_clusters_turn(const sq_clusters *clusters, sq_field *field);
/* turn[local[3]]: which sites of a row turn, for reflections that are more than a sign. Not collective. */
void sq_clusters_turning(const sq_clusters *clusters, int64_t row, bool *turn);
/* What was decided, for tests: label[local_volume]; open[local_volume], bit k for the link in used direction k; either
 * may be NULL. Not collective. */
void sq_clusters_inspect(const sq_clusters *clusters, int64_t *label, uint8_t *open);

SQ_C_END

#endif
