/* SPDX-License-Identifier: BSD-3-Clause */
/* store: named values in memory. No files here.
 *
 * An item owns one run of bytes: a text with its ending 0, one int64_t or double, or a row-major array of them.
 */
#include "io_private.h"
#include <string.h>
#include <zlib.h>

bool sq_io_name_ok(const char *name, size_t size)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", others[] = "0123456789._+-";
  if (!name[0] || !strchr(letters, name[0])) return false;
  for (size_t i = 0; i < size; i++) {
    if (!name[i]) return true;
    if (!strchr(letters, name[i]) && !strchr(others, name[i])) return false;
  }
  return false;
}

PetscErrorCode sq_store_create(const char *kind, sq_store **store)
{
  PetscFunctionBeginUser;
  SqCheck(sq_io_name_ok(kind, SQ_IO_NAME), PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "'%s' cannot name a kind of store",
          kind);
  PetscCall(sq_alloc(1, store));
  snprintf((*store)->kind, sizeof(*store)->kind, "%s", kind);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_destroy(sq_store **store)
{
  PetscFunctionBeginUser;
  if (!*store) PetscFunctionReturn(0);
  for (int i = 0; i < (*store)->items; i++) sq_free(&(*store)->item[i].data);
  sq_free(&(*store)->item);
  sq_free(store);
  PetscFunctionReturn(0);
}

const sq_item *sq_io_item_find(const sq_store *store, const char *name)
{
  for (int i = 0; i < store->items; i++) {
    if (!strcmp(store->item[i].name, name)) return &store->item[i];
  }
  return NULL;
}

int64_t sq_io_item_count(const sq_item *item)
{
  int64_t count = 1;
  for (int i = 0; i < item->rank; i++) count *= item->shape[i];
  return count;
}

static PetscErrorCode make_room(sq_store *store)
{
  PetscFunctionBeginUser;
  sq_item *larger;

  if (store->items < store->room) PetscFunctionReturn(0);
  PetscCall(sq_alloc(2 * store->room + 16, &larger));
  if (store->items) memcpy(larger, store->item, (size_t)store->items * sizeof *larger);
  sq_free(&store->item);
  store->item = larger;
  store->room = 2 * store->room + 16;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_io_item_add(sq_store *store, const char *name, sq_item_type type, int rank, const int64_t shape[],
                              size_t bytes, void **data)
{
  PetscFunctionBeginUser;
  SqCheck(sq_io_name_ok(name, SQ_IO_ITEM_NAME), PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
          "'%s' cannot name a value in a store", name);
  sq_item *item = (sq_item *)sq_io_item_find(store, name);
  if (!item) {
    PetscCall(make_room(store));
    item = &store->item[store->items++];
  }
  sq_free(&item->data);
  memset(item, 0, sizeof *item);
  snprintf(item->name, sizeof item->name, "%s", name);
  item->type = type;
  item->rank = rank;
  for (int i = 0; i < rank; i++) item->shape[i] = shape[i];
  PetscCall(sq_alloc_bytes(bytes, &item->data, __FILE__, __LINE__));
  item->bytes = bytes;
  *data = item->data;
  PetscFunctionReturn(0);
}

static PetscErrorCode put(sq_store *store, const char *name, sq_item_type type, int rank, const int64_t shape[],
                          size_t bytes, const void *value)
{
  PetscFunctionBeginUser;
  void *data = NULL;

  PetscCall(sq_io_item_add(store, name, type, rank, shape, bytes, &data));
  if (bytes) memcpy(data, value, bytes);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_put_text(sq_store *store, const char *name, const char *value)
{
  PetscFunctionBeginUser;
  SqCheck(strlen(value) < SQ_IO_TEXT_MAX, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "the text '%s' is longer than %d bytes",
          name, SQ_IO_TEXT_MAX - 1);
  PetscCall(put(store, name, SQ_ITEM_TEXT, 0, NULL, strlen(value) + 1, value));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_put_int(sq_store *store, const char *name, int64_t value)
{
  PetscFunctionBeginUser;
  PetscCall(put(store, name, SQ_ITEM_INT, 0, NULL, sizeof value, &value));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_put_real(sq_store *store, const char *name, double value)
{
  PetscFunctionBeginUser;
  PetscCall(put(store, name, SQ_ITEM_REAL, 0, NULL, sizeof value, &value));
  PetscFunctionReturn(0);
}

/* All array entries have 8 bytes. */
static PetscErrorCode put_array(sq_store *store, const char *name, sq_item_type type, int rank, const int64_t shape[],
                                const void *values)
{
  PetscFunctionBeginUser;
  int64_t count = 1;

  SqCheck(rank >= 1 && rank <= 4, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
          "array '%s' has rank %d: 1 to 4 are allowed", name, rank);
  for (int i = 0; i < rank; i++) {
    SqCheck(shape[i] >= 0 && !__builtin_mul_overflow(count, shape[i], &count) && count < INT64_MAX / 8, PETSC_COMM_SELF,
            PETSC_ERR_ARG_OUTOFRANGE, "the shape of array '%s' cannot be", name);
  }
  PetscCall(put(store, name, type, rank, shape, (size_t)count * 8, values));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_put_reals(sq_store *store, const char *name, int rank, const int64_t shape[],
                                  const double *values)
{
  PetscFunctionBeginUser;
  PetscCall(put_array(store, name, SQ_ITEM_REALS, rank, shape, values));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_put_ints(sq_store *store, const char *name, int rank, const int64_t shape[],
                                 const int64_t *values)
{
  PetscFunctionBeginUser;
  PetscCall(put_array(store, name, SQ_ITEM_INTS, rank, shape, values));
  PetscFunctionReturn(0);
}

/* The item of this name and type; length -1: any. Every rank has the same store, so all fail and one speaks. */
static PetscErrorCode get(const sq_store *store, const char *name, sq_item_type type, int64_t length,
                          const sq_item **item)
{
  PetscFunctionBeginUser;
  static const char *const type_name[] = {"a text", "an integer", "a number", "integers", "numbers"};

  *item = sq_io_item_find(store, name);
  bool typed = *item && (*item)->type == type, fits = typed && (length < 0 || sq_io_item_count(*item) == length);
  if (!fits && store->silent) PetscFunctionReturn(SQ_ERR_DATA);
  SqCheck(*item, PETSC_COMM_SELF, SQ_ERR_DATA, "the %s holds no '%s'", store->kind, name);
  SqCheck(typed, PETSC_COMM_SELF, SQ_ERR_DATA, "'%s' of the %s is %s where %s must be", name, store->kind,
          type_name[(*item)->type], type_name[type]);
  SqCheck(fits, PETSC_COMM_SELF, SQ_ERR_DATA, "'%s' of the %s holds %lld numbers where %lld are needed", name,
          store->kind, (long long)sq_io_item_count(*item), (long long)length);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_text(const sq_store *store, const char *name, const char **value)
{
  PetscFunctionBeginUser;
  const sq_item *item;

  PetscCall(get(store, name, SQ_ITEM_TEXT, -1, &item));
  *value = item->data;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_int(const sq_store *store, const char *name, int64_t *value)
{
  PetscFunctionBeginUser;
  const sq_item *item;

  PetscCall(get(store, name, SQ_ITEM_INT, -1, &item));
  memcpy(value, item->data, sizeof *value);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_real(const sq_store *store, const char *name, double *value)
{
  PetscFunctionBeginUser;
  const sq_item *item;

  PetscCall(get(store, name, SQ_ITEM_REAL, -1, &item));
  memcpy(value, item->data, sizeof *value);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_reals(const sq_store *store, const char *name, int64_t count, const double **values)
{
  PetscFunctionBeginUser;
  const sq_item *item;

  PetscCall(get(store, name, SQ_ITEM_REALS, count, &item));
  *values = item->data;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_store_ints(const sq_store *store, const char *name, int64_t count, const int64_t **values)
{
  PetscFunctionBeginUser;
  const sq_item *item;

  PetscCall(get(store, name, SQ_ITEM_INTS, count, &item));
  *values = item->data;
  PetscFunctionReturn(0);
}

bool sq_store_has(const sq_store *store, const char *name)
{
  return sq_io_item_find(store, name) != NULL;
}

int64_t sq_store_length(const sq_store *store, const char *name)
{
  const sq_item *item = sq_io_item_find(store, name);
  return item && item->rank > 0 ? sq_io_item_count(item) : -1;
}

bool sq_store_at(const sq_store *store, int index, sq_store_value *value)
{
  if (index < 0 || index >= store->items) return false;
  const sq_item *item = &store->item[index];
  *value = (sq_store_value){.name = item->name, .rank = item->rank, .count = sq_io_item_count(item)};
  memcpy(value->shape, item->shape, sizeof value->shape);
  if (item->type == SQ_ITEM_TEXT) value->text = item->data;
  else if (item->type == SQ_ITEM_REAL || item->type == SQ_ITEM_REALS) value->reals = item->data;
  else value->ints = item->data;
  return true;
}

static uint64_t item_crc(const sq_item *item)
{
  uint64_t crc = crc32_z(0, (const unsigned char *)item->name, strlen(item->name) + 1);
  int64_t shape[6] = {item->type, item->rank, item->shape[0], item->shape[1], item->shape[2], item->shape[3]};
  crc = crc32_z(crc, (const unsigned char *)shape, sizeof shape);
  return item->bytes ? crc32_z(crc, item->data, item->bytes) : crc;
}

int64_t sq_io_items_crc(const sq_store *store)
{
  uint64_t sum = (uint64_t)store->items << 48;
  for (int i = 0; i < store->items; i++) sum += item_crc(&store->item[i]);
  return (int64_t)sum;
}

int64_t sq_io_numbers_crc(const sq_store *store)
{
  uint64_t sum = 0;
  for (int i = 0; i < store->items; i++) {
    if (store->item[i].type != SQ_ITEM_TEXT) sum += ((uint64_t)1 << 48) + item_crc(&store->item[i]);
  }
  return (int64_t)sum;
}

int64_t sq_io_items_bytes(const sq_store *store)
{
  int64_t bytes = 1 << 16;
  for (int i = 0; i < store->items; i++) bytes += (int64_t)store->item[i].bytes * 9 / 8 + (1 << 12);
  return bytes;
}

static bool item_equal(const sq_item *a, const sq_item *b)
{
  return a->type == b->type && a->rank == b->rank && !memcmp(a->shape, b->shape, sizeof a->shape) &&
         a->bytes == b->bytes && (!a->bytes || !memcmp(a->data, b->data, a->bytes));
}

bool sq_io_items_equal(const sq_store *a, const sq_store *b)
{
  if (a->items != b->items) return false;
  for (int i = 0; i < a->items; i++) {
    const sq_item *other = sq_io_item_find(b, a->item[i].name);
    if (!other || !item_equal(&a->item[i], other)) return false;
  }
  return true;
}

bool sq_io_items_text(const sq_store *store, const char *name, size_t limit, const char **value, sq_io_status *status)
{
  const sq_item *item = sq_io_item_find(store, name);
  if (!item || item->type != SQ_ITEM_TEXT || item->bytes > limit)
    return sq_io_fail(status, SQ_ERR_DATA, "the attribute '%s' is missing or not as it should be", name);
  *value = item->data;
  return true;
}

bool sq_io_items_int(const sq_store *store, const char *name, int64_t *value, sq_io_status *status)
{
  const sq_item *item = sq_io_item_find(store, name);
  if (!item || item->type != SQ_ITEM_INT)
    return sq_io_fail(status, SQ_ERR_DATA, "the attribute '%s' is missing or not an integer", name);
  memcpy(value, item->data, sizeof *value);
  return true;
}
