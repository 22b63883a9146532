/* halo: after an exchange every site of the rim holds the value of the site it stands for. */
#include "squall/halo.h"
#include "tests/tap.h"

/* What the site at block position x (may lie in the rim) holds, component c of batch entry b. */
static float value_at(const sq_lattice *lattice, const int64_t x[SQ_DIM], int b, int c)
{
  int64_t site = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int64_t L = lattice->extent[mu], g = ((lattice->start[mu] + x[mu]) % L + L) % L;
    site      = site * L + g;
  }
  return (float)(site * 8 + c + 100000 * b + 1);
}

static bool on_rim(const sq_lattice *lattice, const int64_t x[SQ_DIM], int *outside)
{
  *outside = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) *outside += x[mu] < 0 || x[mu] >= lattice->local[mu];
  return *outside > 0;
}

static void check(int dim, const int64_t extent[], int width, sq_halo_reach reach, int components, int batch)
{
  sq_lattice *lattice;
  sq_field   *shape;
  sq_halo    *halo;
  float      *array;
  char        text[64];
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, dim, extent, NULL, &lattice));
  TAP_CALL(sq_field_create(lattice, width, &shape));
  TAP_CALL(sq_halo_create(lattice, width, reach, (size_t)components * sizeof *array, batch, &halo));
  TAP_CALL(sq_alloc(shape->sites * components * batch, &array));
  bool right = true;
  for (int pass = 0; pass < 2; pass++) { /* fill the interior and exchange; then look everywhere */
    for (int b = 0; b < batch; b++)
      for (int64_t s = 0; s < shape->sites; s++) {
        int64_t x[SQ_DIM];
        int     outside;
        for (int mu = 0; mu < SQ_DIM; mu++) x[mu] = s / shape->stride[mu] % shape->padded[mu] - (mu >= lattice->first_dir ? width : 0);
        bool rim = on_rim(lattice, x, &outside);
        for (int c = 0; c < components; c++) {
          float *v = array + ((b * shape->sites) + s) * components + c;
          if (pass == 0) *v = rim ? -1 : value_at(lattice, x, b, c);
          else if (outside <= 1 || reach == SQ_HALO_FULL) right = right && *v == value_at(lattice, x, b, c);
          else right = right && *v == -1;
        }
      }
    if (pass == 0) TAP_CALL(sq_halo_exchange(halo, array));
  }
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(right, "%s, width %d, %s, %d components, batch %d", text, width, reach == SQ_HALO_FULL ? "full" : "faces", components, batch);
  sq_free(&array);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&shape));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (sq_halo_reach reach = SQ_HALO_FACES; reach <= SQ_HALO_FULL; reach++) {
    check(1, (int64_t[]){9}, 1, reach, 1, 1);
    check(1, (int64_t[]){9}, 2, reach, 3, 2);
    check(2, (int64_t[]){4, 7}, 1, reach, 2, 3);
    check(2, (int64_t[]){10, 10}, 2, reach, 1, 1);
    check(3, (int64_t[]){4, 5, 6}, 1, reach, 4, 2);
    check(4, (int64_t[]){4, 2, 3, 4}, 1, reach, 1, 2);
  }
  if (tap.size == 1) check(2, (int64_t[]){1, 2}, 1, SQ_HALO_FULL, 1, 1);
  sq_lattice *lattice;
  sq_halo    *halo = NULL;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 1, (int64_t[]){tap.size + 1}, NULL, &lattice));
  tap_check(sq_halo_create(lattice, tap.size + 2, SQ_HALO_FULL, 8, 1, &halo) == SQ_ERR_INPUT, "a halo wider than a block is refused");
  TAP_CALL(sq_lattice_destroy(&lattice));
  return tap_end();
}
