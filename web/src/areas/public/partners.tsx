/** The partner programme. */
export function Partners() {
  return null
}
