/* SPDX-License-Identifier: BSD-3-Clause */
/* Random words and normal numbers for any machine. */
#define WIDTH          2
#define MULTIPLY(a, m) (((a)&0xffffffffu) * (uint64_t)(m))
#define ROOT(x)        ((real){__builtin_sqrt((x)[0]), __builtin_sqrt((x)[1])})
#define KERNEL         sq_normals_generic
#define WORDS          sq_words_generic
#include "src/rng/normals_vector.h"
#include "src/rng/words_vector.h"
