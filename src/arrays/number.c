/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as they stand in files, and as double. Serial, on arrays. */
#include "src/arrays/internal.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

/* ---- types in words ---- */

static bool known_size(char kind, int bytes)
{
  if (kind == 'b') return bytes == 1;
  if (kind == 'f') return bytes == 2 || bytes == 4 || bytes == 8;
  return (kind == 'i' || kind == 'u') && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
}

/* float32 and the like: bits. */
static bool read_long_name(const char *text, char *kind, int *bytes)
{
  static const struct {
    const char *word;
    char kind;
  } name[] = {{"float", 'f'}, {"int", 'i'}, {"uint", 'u'}, {"complex", 'c'}};
  if (!strcmp(text, "bool")) return *kind = 'b', *bytes = 1, true;
  if (!strcmp(text, "double") || !strcmp(text, "float")) return *kind = 'f', *bytes = text[0] == 'd' ? 8 : 4, true;
  for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
    size_t n = strlen(name[i].word);
    int bits = 0, used = 0;
    if (strncmp(text, name[i].word, n) || sscanf(text + n, "%3d%n", &bits, &used) != 1 || text[n + (size_t)used])
      continue;
    return *kind = name[i].kind, *bytes = bits % 8 ? 0 : bits / 8, true;
  }
  return false;
}

bool sq_number_read(const char *text, sq_number *number, char reason[SQ_ARRAY_TEXT])
{
  const char *at = text + strspn(text, " ");
  const bool big = *at == '>' || *at == '!', has_order = big || *at == '<' || *at == '|' || *at == '=';
  char kind = 0;
  int bytes = 0, used = 0;
  at += has_order;
  if (!strcmp(at, "?")) kind = 'b', bytes = 1;
  else if (!read_long_name(at, &kind, &bytes) && (sscanf(at, "%c%3d%n", &kind, &bytes, &used) != 2 || at[used]))
    kind = 0;
  if (kind == 'c') {
    snprintf(reason, SQ_ARRAY_TEXT,
             "%.40s: complex numbers: store real and imaginary parts in an axis of their own, "
             "numpy.stack([a.real, a.imag], axis=1), or angles, numpy.angle(a)",
             text);
    return false;
  }
  if (!known_size(kind, bytes)) {
    snprintf(reason, SQ_ARRAY_TEXT,
             "%.40s is no type of numbers that can be read: f2, f4, f8, i1 .. i8, u1 .. u8, b1, or float32, int64 and "
             "the "
             "like; > before it: the highest byte first",
             text);
    return false;
  }
  *number = (sq_number){.kind = kind, .bytes = bytes, .big = big && bytes > 1};
  return true;
}

void sq_number_name(sq_number number, char text[SQ_ARRAY_TEXT])
{
  const char *kind = number.kind == 'f' ? "float" : number.kind == 'i' ? "int" : "uint";
  if (number.kind == 'b') snprintf(text, SQ_ARRAY_TEXT, "bool");
  else snprintf(text, SQ_ARRAY_TEXT, "%s%d%s", kind, 8 * number.bytes, number.big ? ", big-endian" : "");
}

/* ---- bytes ---- */

/* The number that bytes make, the lowest first. */
static uint64_t gather(const unsigned char *b, int bytes, bool big)
{
  uint64_t u = 0;
  for (int k = 0; k < bytes; k++) u |= (uint64_t)b[k] << 8 * (big ? bytes - 1 - k : k);
  return u;
}

static void scatter(uint64_t u, int bytes, bool big, unsigned char *b)
{
  for (int k = 0; k < bytes; k++) b[k] = (unsigned char)(u >> 8 * (big ? bytes - 1 - k : k));
}

/* IEEE 754 binary16. */
static double half(uint64_t u)
{
  const int exponent = (int)(u >> 10 & 31), fraction = (int)(u & 1023);
  const double sign = u >> 15 ? -1 : 1;
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static double decode(sq_number number, const unsigned char *b)
{
  const uint64_t u = gather(b, number.bytes, number.big);
  double d;
  float f;
  if (number.kind == 'b') return u != 0;
  if (number.kind == 'u') return (double)u;
  if (number.kind == 'i') {
    const int unused = 64 - 8 * number.bytes;
    return (double)((int64_t)(u << unused) >> unused);
  }
  if (number.bytes == 2) return half(u);
  if (number.bytes == 8) return memcpy(&d, &u, 8), d;
  const uint32_t low = (uint32_t)u;
  memcpy(&f, &low, 4);
  return f;
}

void sq_number_decode(sq_number number, int64_t n, const unsigned char *bytes, int64_t stride, double *out)
{
  for (int64_t i = 0; i < n; i++) out[i * stride] = decode(number, bytes + i * number.bytes);
}

static uint64_t bits_of(sq_number number, double x)
{
  const float f = (float)x;
  uint64_t u = 0;
  uint32_t low;
  if (number.kind == 'b') return x != 0;
  if (number.kind == 'u') return (uint64_t)x;
  if (number.kind == 'i') return (uint64_t)(int64_t)x;
  if (number.bytes == 8) return memcpy(&u, &x, 8), u;
  memcpy(&low, &f, 4);
  return low;
}

void sq_number_encode(sq_number number, int64_t n, const double *values, unsigned char *bytes)
{
  for (int64_t i = 0; i < n; i++)
    scatter(bits_of(number, values[i]), number.bytes, number.big, bytes + i * number.bytes);
}

/* ---- shapes ---- */

bool sq_array_bytes(const sq_array_shape *shape, int64_t *bytes)
{
  int64_t all = shape->number.bytes;
  for (int i = 0; i < shape->rank; i++)
    if (shape->extent[i] < 0 || __builtin_mul_overflow(all, shape->extent[i], &all)) return false;
  *bytes = all;
  return true;
}

void sq_array_extents_text(int rank, const int64_t extent[], char text[SQ_ARRAY_TEXT])
{
  size_t used = 0;
  snprintf(text, SQ_ARRAY_TEXT, "one number");
  for (int i = 0; i < rank && used < SQ_ARRAY_TEXT - 32; i++)
    used += (size_t)snprintf(text + used, SQ_ARRAY_TEXT - used, "%s%lld", i ? " x " : "", (long long)extent[i]);
}

void sq_array_describe(const sq_array_shape *shape, char text[SQ_ARRAY_TEXT])
{
  char type[SQ_ARRAY_TEXT], extents[SQ_ARRAY_TEXT];
  sq_number_name(shape->number, type);
  sq_array_extents_text(shape->rank, shape->extent, extents);
  snprintf(text, SQ_ARRAY_TEXT, "%.40s, %.200s", type, extents);
}
