/** The Earth-Mover distance, solved exactly by shortest augmenting paths with potentials. */

/**
 * The cheapest one-to-one assignment of n rows to n columns (the Hungarian method, O(n³)).
 *
 * @param cost Row-major n × n.
 * @returns For each row its column.
 */
export function assign(cost: Float64Array, n: number): Int32Array {
  const rowPotential = new Float64Array(n + 1);
  const columnPotential = new Float64Array(n + 1);
  const rowOf = new Int32Array(n + 1); // of each column; columns and rows count from 1
  const from = new Int32Array(n + 1);
  const least = new Float64Array(n + 1);
  const done = new Uint8Array(n + 1);
  for (let row = 1; row <= n; row++) {
    rowOf[0] = row;
    least.fill(Number.POSITIVE_INFINITY);
    done.fill(0);
    let column = 0;
    do {
      done[column] = 1;
      const current = rowOf[column];
      const base = (current - 1) * n - 1;
      const potential = rowPotential[current];
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= n; j++) {
        if (done[j]) continue;
        const reduced = cost[base + j] - potential - columnPotential[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          from[j] = column;
        }
        if (least[j] < delta) {
          delta = least[j];
          next = j;
        }
      }
      for (let j = 0; j <= n; j++) {
        if (done[j]) {
          rowPotential[rowOf[j]] += delta;
          columnPotential[j] -= delta;
        } else least[j] -= delta;
      }
      column = next;
    } while (rowOf[column] !== 0);
    do {
      const previous = from[column];
      rowOf[column] = rowOf[previous];
      column = previous;
    } while (column);
  }
  const columnOf = new Int32Array(n);
  for (let j = 1; j <= n; j++) columnOf[rowOf[j] - 1] = j - 1;
  return columnOf;
}

/** Earth-Mover distance of two samples of `count` points in the plane, equally weighted. */
export function earthMoverOfPoints(x: Float64Array, y: Float64Array, count: number): number {
  const cost = new Float64Array(count * count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++)
      cost[i * count + j] = length(x[2 * i] - y[2 * j], x[2 * i + 1] - y[2 * j + 1]);
  const columns = assign(cost, count);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += cost[i * count + columns[i]];
  return sum / count;
}

/**
 * Earth-Mover distance of two weighted distributions, and a coupling that attains it.
 *
 * @param p Weights of the rows, not negative; normalised to sum 1, as are the columns' `q`.
 * @param cost Row-major p.length × q.length, not negative.
 */
export function earthMover(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  cost: ArrayLike<number>,
): { distance: number; coupling: Float64Array } {
  const [n, m] = [p.length, q.length];
  const share = (weights: ArrayLike<number>) => {
    const sum = Array.from(weights).reduce((a, b) => a + b, 0);
    return Float64Array.from(weights, (weight) => weight / sum);
  };
  const [supply, demand] = [share(p), share(q)];
  const coupling = new Float64Array(n * m);
  const potentials = new Float64Array(n + m);
  const ways = new Float64Array(n + m);
  const from = new Int32Array(n + m);
  const done = new Uint8Array(n + m);
  const tiny = 1e-15;
  for (let source = 0; source < n; source++) {
    while (supply[source] > tiny) {
      // Dijkstra over reduced costs: rows reach all columns; columns, the rows that use them
      ways.fill(Number.POSITIVE_INFINITY);
      done.fill(0);
      ways[source] = 0;
      from[source] = -1;
      let sink = -1;
      for (;;) {
        let node = -1;
        for (let v = 0; v < n + m; v++)
          if (!done[v] && ways[v] < Number.POSITIVE_INFINITY && (node < 0 || ways[v] < ways[node]))
            node = v;
        if (node < 0) break;
        done[node] = 1;
        if (node >= n && demand[node - n] > tiny) {
          sink = node;
          break;
        }
        if (node < n) {
          for (let j = 0; j < m; j++) {
            const reduced = cost[node * m + j] + potentials[node] - potentials[n + j];
            const way = ways[node] + Math.max(0, reduced);
            if (!done[n + j] && way < ways[n + j]) [ways[n + j], from[n + j]] = [way, node];
          }
        } else {
          for (let i = 0; i < n; i++) {
            if (coupling[i * m + node - n] <= 0) continue;
            const reduced = potentials[node] - potentials[i] - cost[i * m + node - n];
            const way = ways[node] + Math.max(0, reduced);
            if (!done[i] && way < ways[i]) [ways[i], from[i]] = [way, node];
          }
        }
      }
      if (sink < 0) break; // only rounding errors are left of the demand
      for (let v = 0; v < n + m; v++) potentials[v] += Math.min(ways[v], ways[sink]);
      let amount = Math.min(supply[source], demand[sink - n]);
      for (let v = sink; from[v] >= 0; v = from[v])
        if (v < n) amount = Math.min(amount, coupling[v * m + from[v] - n]);
      for (let v = sink; from[v] >= 0; v = from[v]) {
        if (v >= n) coupling[from[v] * m + v - n] += amount;
        else coupling[v * m + from[v] - n] -= amount;
      }
      supply[source] -= amount;
      demand[sink - n] -= amount;
    }
  }
  let distance = 0;
  for (let i = 0; i < n * m; i++) distance += coupling[i] * cost[i];
  return { distance, coupling };
}

/** √(x² + y²); Math.hypot takes several times as long. */
function length(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}
