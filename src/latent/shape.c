/* SPDX-License-Identifier: BSD-3-Clause */
/* Models as numbers: their networks, weights and costs. */
#include "src/latent/internal.h"
#include <string.h>

const char *sq_latent_lacks(const sq_action *action)
{
  return sq_action_lacks(action, SQ_ABLE_MODEL);
}

sq_network_shape sq_latent_network(const sq_latent_shape *shape)
{
  const int components = sq_action_components(&shape->action);
  return (sq_network_shape){.dim = shape->action.dim,
                            .channels = shape->channels,
                            .blocks = shape->blocks,
                            .width = 1,
                            .odd = shape->action.type->symmetric,
                            .levels = 1,
                            .inputs = 2,
                            .outputs = 4,
                            .components = components > 1 ? components : 0};
}

int64_t sq_latent_parameters(const sq_latent_shape *shape)
{
  const sq_network_shape network = sq_latent_network(shape);
  return 2 * SQ_LATENT_TURNS + 2 * shape->rounds * sq_network_parameters(&network);
}

PetscErrorCode sq_latent_layout(const sq_latent_shape *shape, sq_layout *layout)
{
  PetscFunctionBeginUser;
  const sq_network_shape network = sq_latent_network(shape);
  char prefix[32];
  PetscCall(sq_layout_add(layout, 2, (int64_t[]){2, SQ_LATENT_TURNS}, "normal"));
  for (int j = 0; j < 2 * shape->rounds; j++) {
    snprintf(prefix, sizeof prefix, "step.%d.", j);
    PetscCall(sq_layout_add_network(layout, &network, prefix));
  }
  PetscFunctionReturn(0);
}

int sq_latent_batch(const sq_latent_shape *shape, const int64_t extent[SQ_DIM])
{
  enum { NUMBERS = 8192, LEAST = 2, MOST = 64 };
  const double numbers = sq_action_components(&shape->action) * sq_volume(extent);
  return (int)PetscMax(LEAST, PetscMin(MOST, NUMBERS / numbers));
}

double sq_latent_flops(const sq_latent_shape *shape, const int64_t extent[SQ_DIM])
{
  const sq_network_shape network = sq_latent_network(shape);
  return 2 * shape->rounds * sq_network_flops(&network) * sq_volume(extent);
}

double sq_latent_bytes(const sq_latent_shape *shape, const int64_t extent[SQ_DIM], int batch, bool backward)
{
  const sq_network_shape network = sq_latent_network(shape);
  const double steps = 2 * shape->rounds, numbers = batch * sq_action_components(&shape->action) * sq_volume(extent);
  const double arrays = 7 * steps + (backward ? 2 : 1) * (steps + 2) + (backward ? 7 : 0);
  return steps * (sq_network_bytes(&network, extent, batch, backward) + sq_network_weight_bytes(&network, backward)) +
         sizeof(double) * numbers * arrays;
}

PetscErrorCode sq_latent_init(const sq_latent_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  const sq_network_shape network = sq_latent_network(shape);
  const int64_t count = sq_network_parameters(&network);
  memset(weight, 0, 2 * SQ_LATENT_TURNS * sizeof *weight);
  for (int j = 0; j < 2 * shape->rounds; j++)
    PetscCall(sq_network_init(&network, seed + (uint64_t)j, weight + 2 * SQ_LATENT_TURNS + j * count));
  PetscFunctionReturn(0);
}
