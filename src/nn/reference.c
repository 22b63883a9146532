/* The plain twins of the tuned kernels: what they compute, in double, without tricks. */
#include "squall/nn.h"
#include <math.h>

static bool supported(void)
{
  return true;
}

static void conv(const sq_nn_block *block, int ci, int co, const float *in, const float *w, const float *start,
                 float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++)
      for (int o = 0; o < co; o++) {
        double sum = start ? start[x * co + o] : 0;
        for (int t = 0; t < block->taps; t++)
          for (int i = 0; i < ci; i++)
            sum += (double)in[(x + block->offset[t]) * ci + i] * w[((int64_t)t * ci + i) * co + o];
        out[x * co + o] = (float)sum;
      }
}

static void conv_weights(const sq_nn_block *block, int ci, int co, const float *in, const float *dout, float *dw)
{
  for (int t = 0; t < block->taps; t++)
    for (int i = 0; i < ci; i++)
      for (int o = 0; o < co; o++) {
        double sum = 0;
        for (int64_t r = 0; r < block->rows; r++)
          for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++)
            sum += (double)in[(x + block->offset[t]) * ci + i] * dout[x * co + o];
        dw[((int64_t)t * ci + i) * co + o] += (float)sum;
      }
}

static double sigmoid(double x)
{
  return 1 / (1 + exp(-x));
}

static double normalisation(int c, const float *in)
{
  double sum = 0;
  for (int i = 0; i < c; i++) sum += (double)in[i] * in[i];
  return 1 / sqrt(sum / c + 1);
}

static void activate(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain, const float *shift,
                     float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = normalisation(c, in + x * c);
      for (int i = 0; i < c; i++) {
        double v = gain[i] * scale * in[x * c + i] + (odd ? 0 : shift[i]);
        out[x * c + i] = (float)(v * sigmoid(odd ? fabs(v) + shift[i] : v));
      }
    }
}

static void activate_backward(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain,
                              const float *shift, const float *dout, float *din, float *dgain, float *dshift)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = normalisation(c, in + x * c), along = 0;
      for (int i = 0; i < c; i++) {
        double h = scale * in[x * c + i], v = gain[i] * h + (odd ? 0 : shift[i]), g = dout[x * c + i];
        double gate = sigmoid(odd ? fabs(v) + shift[i] : v), slope = gate * (1 - gate),
               dv = g * (gate + (odd ? fabs(v) : v) * slope);
        dshift[i] += (float)(odd ? g * v * slope : dv);
        dgain[i] += (float)(dv * h);
        along += dv * gain[i] * h;
        din[x * c + i] += (float)(dv * gain[i] * scale);
      }
      for (int i = 0; i < c; i++) din[x * c + i] -= (float)(in[x * c + i] * scale * scale * along / c);
    }
}

static void activate_tangent(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain,
                             const float *shift, const float *along, float *out)
{
  for (int64_t r = 0; r < block->rows; r++)
    for (int64_t x = sq_nn_row(block, r), end = x + block->n[3]; x < end; x++) {
      double scale = normalisation(c, in + x * c), overlap = 0;
      for (int i = 0; i < c; i++) overlap += (double)in[x * c + i] * along[x * c + i];
      for (int i = 0; i < c; i++) {
        double v = gain[i] * scale * in[x * c + i] + (odd ? 0 : shift[i]), gate = sigmoid(odd ? fabs(v) + shift[i] : v);
        double dh = scale * (along[x * c + i] - in[x * c + i] * scale * scale * overlap / c);
        out[x * c + i] = (float)(gain[i] * dh * (gate + (odd ? fabs(v) : v) * gate * (1 - gate)));
      }
    }
}

const sq_nn_kernels sq_nn_reference = {"reference",       supported,       conv, conv_weights, NULL, NULL, activate,
                                       activate_backward, activate_tangent};
