/**
 * C = A · B, or C += A · B, for matrices of any strides.
 *
 * Doubles throughout: V8 converts every float32 it loads, and in doubles the agreement with
 * a float32 package is limited by the package alone. Blocks of 2 × 4 keep eight sums in
 * registers.
 *
 * @param rows Rows of A and C; C is row-major without gaps.
 * @param columns Columns of B and C.
 * @param inner Columns of A, rows of B.
 * @param ar Distance between the rows of A; `ac` between its columns; `br`, `bc` for B.
 */
export function multiply(
  rows: number,
  columns: number,
  inner: number,
  a: Float64Array,
  ar: number,
  ac: number,
  b: Float64Array,
  br: number,
  bc: number,
  c: Float64Array,
  accumulate: boolean,
): void {
  const pairs = rows & ~1;
  const fours = columns & ~3;
  for (let i = 0; i < pairs; i += 2) {
    const a0 = i * ar;
    const a1 = a0 + ar;
    for (let j = 0; j < fours; j += 4) {
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      let p0 = a0;
      let p1 = a1;
      let q = j * bc;
      for (let k = 0; k < inner; k++) {
        const x0 = a[p0];
        const x1 = a[p1];
        const y0 = b[q];
        const y1 = b[q + bc];
        const y2 = b[q + 2 * bc];
        const y3 = b[q + 3 * bc];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
        p0 += ac;
        p1 += ac;
        q += br;
      }
      const t0 = i * columns + j;
      const t1 = t0 + columns;
      if (accumulate) {
        c[t0] += s00;
        c[t0 + 1] += s01;
        c[t0 + 2] += s02;
        c[t0 + 3] += s03;
        c[t1] += s10;
        c[t1 + 1] += s11;
        c[t1 + 2] += s12;
        c[t1 + 3] += s13;
      } else {
        c[t0] = s00;
        c[t0 + 1] = s01;
        c[t0 + 2] = s02;
        c[t0 + 3] = s03;
        c[t1] = s10;
        c[t1 + 1] = s11;
        c[t1 + 2] = s12;
        c[t1 + 3] = s13;
      }
    }
  }
  if (fours < columns)
    multiplyEdge(0, pairs, fours, columns, columns, inner, a, ar, ac, b, br, bc, c, accumulate);
  if (pairs < rows)
    multiplyEdge(pairs, rows, 0, columns, columns, inner, a, ar, ac, b, br, bc, c, accumulate);
}

/** What the blocks leave over. (A closure would keep the arrays out of the registers.) */
function multiplyEdge(
  firstRow: number,
  lastRow: number,
  firstColumn: number,
  lastColumn: number,
  columns: number,
  inner: number,
  a: Float64Array,
  ar: number,
  ac: number,
  b: Float64Array,
  br: number,
  bc: number,
  c: Float64Array,
  accumulate: boolean,
): void {
  for (let i = firstRow; i < lastRow; i++) {
    for (let j = firstColumn; j < lastColumn; j++) {
      let even = 0;
      let odd = 0;
      let p = i * ar;
      let q = j * bc;
      let k = 1;
      for (; k < inner; k += 2) {
        even += a[p] * b[q];
        odd += a[p + ac] * b[q + br];
        p += 2 * ac;
        q += 2 * br;
      }
      if (k === inner) even += a[p] * b[q];
      const t = i * columns + j;
      c[t] = accumulate ? c[t] + even + odd : even + odd;
    }
  }
}
