import type { Shapes } from '../../../api/client'
import { partOf } from '../verdicts'

/** Everything a reviewer needs. */
export type Review = Shapes['ReviewRecord']

/** What was handed in. */
export interface Frozen {
  name: string
  info: Shapes['Info']
}

/** What was handed in; the document calls it an object without saying which. */
export const frozenOf = (review: Pick<Review, 'frozen'>) => review.frozen as unknown as Frozen

/** What a comment is about to be written on; `turn` counts, so that the same one can be chosen again. */
export interface About {
  part: Shapes['Part']
  /** `field:/description` or `event:Email Opened`. */
  target: string
  turn: number
}

/** A comment on a field. */
export const aboutField = (pointer: string): Omit<About, 'turn'> => ({
  part: partOf(pointer),
  target: `field:${pointer}`,
})
