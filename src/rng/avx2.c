/* Random words and normal numbers for AVX2. */
#include "src/rng/normals.h"
#ifdef SQ_RNG_X86
#pragma GCC target("avx2")
#include <immintrin.h>
#define WIDTH          4
#define MULTIPLY(a, m) ((word)_mm256_mul_epu32((__m256i)(a), _mm256_set1_epi64x(m)))
#define ROOT(x)        ((real)_mm256_sqrt_pd((__m256d)(x)))
#define KERNEL         sq_normals_avx2
#define WORDS          sq_words_avx2
#include "src/rng/normals_vector.h"
#include "src/rng/words_vector.h"
#endif
