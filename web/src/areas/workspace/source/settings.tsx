/** Ids, write keys, name, labels, deletion. */
export function SourceSettings() {
  return null
}
