/** Rounds of review: checklist, submission, comments. */
export function ReviewRounds() {
  return null
}
