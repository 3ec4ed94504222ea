/** A line of a text that was edited: still there, gone, or new. */
export interface Line {
  kind: 'same' | 'gone' | 'new'
  text: string
}

/** How one text became another, line by line: what both have in their longest common order stays. */
export function lines(before: string, after: string): Line[] {
  const [old, now] = [before.split('\n'), after.split('\n')]
  // common[i][j]: how many lines the rests from `i` and from `j` have in common.
  const common = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0))
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      common[i]![j] =
        old[i] === now[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!)
    }
  }
  const result: Line[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      result.push({ kind: 'same', text: old[i]! })
      i += 1
      j += 1
    } else if (j >= now.length || (i < old.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      result.push({ kind: 'gone', text: old[i]! })
      i += 1
    } else {
      result.push({ kind: 'new', text: now[j]! })
      j += 1
    }
  }
  return result
}
