import { Button } from '../../../kit/button'
import { Muted, Panel, Prose, Section } from '../../../kit/page'
import { FIELDS } from '../verdicts'
import type { Review } from './frozen'

/** The documentation, section by section. */
export function Documentation({
  review,
  commentOn,
}: {
  review: Review
  commentOn: ((pointer: string) => void) | undefined
}) {
  return FIELDS.documentation
    .filter(([pointer]) => pointer.startsWith('/docs/'))
    .map(([pointer, title]) => {
      const section = review.sections.find(({ key }) => pointer === `/docs/${key}`)
      return (
        <Section
          key={pointer}
          title={title}
          actions={
            commentOn && (
              <Button
                look="quiet"
                small
                aria-label={`Comment on ${title.toLowerCase()}`}
                onClick={() => commentOn(pointer)}
              >
                Comment
              </Button>
            )
          }
        >
          <Panel>{section ? <Prose html={section.html} /> : <Muted>Left out.</Muted>}</Panel>
        </Section>
      )
    })
}
