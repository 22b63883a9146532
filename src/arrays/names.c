/* Names of the arrays of a file: which one may have been meant, and their order. */
#include "src/arrays/internal.h"
#include <ctype.h>
#include <string.h>

/* How many letters must be put in, taken out or changed. */
static int distance(const char *a, const char *b)
{
  enum { MOST = 128 };
  int row[MOST + 1];
  const int n = (int)strnlen(a, MOST), m = (int)strnlen(b, MOST);
  for (int j = 0; j <= m; j++) row[j] = j;
  for (int i = 1; i <= n; i++) {
    int before = row[0];
    row[0] = i;
    for (int j = 1; j <= m; j++) {
      const int changed = before + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
      before = row[j];
      row[j] = PetscMin(changed, 1 + PetscMin(row[j], row[j - 1]));
    }
  }
  return row[m];
}

void sq_array_names_add(sq_array_names *names, const char *name, const char *about)
{
  const size_t used = strlen(names->list);
  if (names->count++ < SQ_ARRAY_LIST && used < sizeof names->list)
    snprintf(names->list + used, sizeof names->list - used, "%s%.100s (%s)", used ? "; " : "", name, about);
  const int far = distance(names->wanted, name);
  if (far > 2 + (int)strlen(names->wanted) / 3 || (names->nearest[0] && far >= names->distance)) return;
  names->distance = far;
  snprintf(names->nearest, sizeof names->nearest, "%s", name);
}

bool sq_array_names_fail(const sq_array_names *names, const char *what, sq_array_failure *failure)
{
  char more[64] = "";
  if (names->count > SQ_ARRAY_LIST)
    snprintf(more, sizeof more, "; and %lld more", (long long)(names->count - SQ_ARRAY_LIST));
  if (!names->count) return sq_array_fail(failure, SQ_ERR_INPUT, "has no %s of numbers", what);
  if (names->wanted[0] && names->nearest[0])
    return sq_array_fail(failure, SQ_ERR_INPUT, "has no %s %s: did you mean %s? It has %s%s", what, names->wanted,
                         names->nearest, names->list, more);
  if (names->wanted[0])
    return sq_array_fail(failure, SQ_ERR_INPUT, "has no %s %s; it has %s%s", what, names->wanted, names->list, more);
  return sq_array_fail(failure, SQ_ERR_INPUT, "has several %ss: say which (FILE:NAME, or dataset: NAME): %s%s", what,
                       names->list, more);
}

int sq_array_names_order(const char *a, const char *b)
{
  while (*a && *b) {
    if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
      a += strspn(a, "0"), b += strspn(b, "0");
      const size_t n = strspn(a, "0123456789"), m = strspn(b, "0123456789");
      if (n != m) return n < m ? -1 : 1;
      const int order = strncmp(a, b, n);
      if (order) return order;
      a += n, b += m;
    } else {
      if (*a != *b) return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
      a++, b++;
    }
  }
  return *a ? 1 : *b ? -1 : 0;
}
