/** The public catalog. */
export function Catalog() {
  return null
}
