/* SPDX-License-Identifier: BSD-3-Clause */
/* The header of NumPy's npy: numpy.org/neps/nep-0001-npy-format.html. Magic, version, the length of a text, and the
 * text, a Python dictionary: {'descr': '<f8', 'fortran_order': False, 'shape': (5000, 16, 16), } */
#include "src/arrays/internal.h"
#include <ctype.h>
#include <string.h>

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

int64_t sq_npy_data(const unsigned char begin[SQ_NPY_BEGIN])
{
  if (memcmp(begin, magic, sizeof magic) || begin[6] < 1 || begin[6] > 3) return 0;
  const int64_t low = begin[8] | begin[9] << 8;
  return begin[6] == 1 ? 10 + low : 12 + (low | (int64_t)begin[10] << 16 | (int64_t)begin[11] << 24);
}

/* ---- the dictionary ---- */

static void skip(const char **at)
{
  while (**at == ' ' || **at == '\n' || **at == '\t') (*at)++;
}

static bool take(const char **at, char c)
{
  skip(at);
  if (**at != c) return false;
  (*at)++;
  return true;
}

/* 'text' or "text", without escapes. */
static bool take_string(const char **at, char text[SQ_ARRAY_TEXT])
{
  skip(at);
  const char quote = **at;
  if (quote != '\'' && quote != '"') return false;
  const char *end = strchr(*at + 1, quote);
  if (!end || end - *at > 100) return false;
  snprintf(text, SQ_ARRAY_TEXT, "%.*s", (int)(end - *at - 1), *at + 1);
  *at = end + 1;
  return true;
}

static bool take_word(const char **at, const char *word)
{
  skip(at);
  const size_t n = strlen(word);
  if (strncmp(*at, word, n)) return false;
  *at += n;
  return true;
}

/* A whole number >= 0, as Python 2 wrote it, too: 12L. */
static bool take_extent(const char **at, int64_t *n)
{
  skip(at);
  if (!isdigit((unsigned char)**at)) return false;
  for (*n = 0; isdigit((unsigned char)**at); (*at)++)
    if (__builtin_mul_overflow(*n, 10, n) || __builtin_add_overflow(*n, **at - '0', n)) return false;
  if (**at == 'L') (*at)++;
  return true;
}

/* (), (3,), (3, 4) */
static bool take_shape(const char **at, sq_array_shape *shape, bool *many)
{
  int64_t n;
  if (!take(at, '(')) return false;
  for (shape->rank = 0; take_extent(at, &n); shape->rank += !*many) {
    *many = shape->rank >= SQ_ARRAY_RANK;
    if (!*many) shape->extent[shape->rank] = n;
    if (!take(at, ',')) return shape->rank++, take(at, ')');
  }
  return take(at, ')');
}

/* What has been found of the dictionary. */
typedef struct {
  char type[SQ_ARRAY_TEXT];
  bool has_type, has_order, has_shape, many, fortran;
} found;

static bool take_entry(const char **at, sq_array_shape *shape, found *f)
{
  char key[SQ_ARRAY_TEXT];
  if (!take_string(at, key) || !take(at, ':')) return false;
  if (!strcmp(key, "descr") && !f->has_type) return f->has_type = take_string(at, f->type);
  if (!strcmp(key, "shape") && !f->has_shape) return f->has_shape = take_shape(at, shape, &f->many);
  if (strcmp(key, "fortran_order") || f->has_order) return false;
  f->fortran = take_word(at, "True");
  return f->has_order = f->fortran || take_word(at, "False");
}

bool sq_npy_parse(const unsigned char *header, int64_t size, sq_array_shape *shape, bool *fortran,
                  sq_array_failure *failure)
{
  const int begin = header[6] == 1 ? 10 : 12;
  char text[1024], reason[SQ_ARRAY_TEXT];
  const char *at = text;
  found f = {0};
  if (size < begin || size - begin >= (int64_t)sizeof text)
    return sq_array_fail(failure, SQ_ERR_DATA, "the header of an npy of plain numbers is not %lld bytes long",
                         (long long)size);
  snprintf(text, sizeof text, "%.*s", (int)(size - begin), (const char *)header + begin);
  bool fine = take(&at, '{');
  while (fine && !take(&at, '}')) {
    fine = take_entry(&at, shape, &f);
    if (fine && !take(&at, ',')) {
      fine = take(&at, '}');
      break;
    }
  }
  if (f.many) return sq_array_fail(failure, SQ_ERR_DATA, "has more than the %d axes that can be read", SQ_ARRAY_RANK);
  if (!fine && strstr(text, "[("))
    return sq_array_fail(failure, SQ_ERR_DATA, "is an array of records (%.80s ...): store one array of numbers", text);
  if (!fine || !f.has_type || !f.has_order || !f.has_shape)
    return sq_array_fail(failure, SQ_ERR_DATA, "the header of the npy is damaged: %.80s", text);
  *fortran = f.fortran;
  return sq_number_read(f.type, &shape->number, reason) || sq_array_fail(failure, SQ_ERR_DATA, "%s", reason);
}

/* ---- and back ---- */

int64_t sq_npy_header(const sq_array_shape *shape, unsigned char header[SQ_NPY_HEADER])
{
  enum { BEGIN = 10, ALIGNED = 64 };
  char *text = (char *)header;
  const sq_number t = shape->number;
  const char order = t.bytes == 1 ? '|' : t.big ? '>' : '<';
  int n = BEGIN;
  n += snprintf(text + n, SQ_NPY_HEADER - (size_t)n, "{'descr': '%c%c%d', 'fortran_order': False, 'shape': (", order,
                t.kind, t.bytes);
  for (int i = 0; i < shape->rank; i++)
    n += snprintf(text + n, SQ_NPY_HEADER - (size_t)n, "%s%lld%s", i ? " " : "", (long long)shape->extent[i],
                  i + 1 < shape->rank || shape->rank == 1 ? "," : "");
  n += snprintf(text + n, SQ_NPY_HEADER - (size_t)n, "), }");
  while ((n + 1) % ALIGNED) text[n++] = ' ';
  text[n++] = '\n';
  memcpy(header, magic, sizeof magic);
  header[6] = 1, header[7] = 0;
  header[8] = (unsigned char)((n - BEGIN) & 255), header[9] = (unsigned char)((n - BEGIN) >> 8);
  return n;
}
