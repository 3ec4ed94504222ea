import { queryOptions, useQuery } from '@tanstack/react-query'
import { ApiFailure, api, read } from '../../api/client'
import { Badge } from '../../kit/badge'
import { OutsideButton } from '../../kit/button'
import { Id } from '../../kit/copy'
import { count, plural } from '../../kit/figures'
import { Pairs, Panel, Section } from '../../kit/page'
import { Time } from '../../kit/time'
import type { Certified } from './found'

/** The certificate of a source in the catalog; `null` where there is none. */
const certificateQuery = (slug: string) =>
  queryOptions({
    queryKey: ['catalog', 'certificate', slug],
    staleTime: 60_000,
    retry: false,
    queryFn: async (): Promise<Certified | null> => {
      try {
        const { payload } = await read(
          api.GET('/catalog/sources/{sourceMetadataId}/certificate', {
            params: { path: { sourceMetadataId: slug } },
          }),
        )
        return payload as unknown as Certified
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 404) return null
        throw error
      }
    },
  })

/** Says beside the name of a source that it was proved to follow the Spec. */
export function ConformanceBadge({ slug }: { slug: string }) {
  const certificate = useQuery(certificateQuery(slug)).data
  if (certificate?.outcome !== 'passed') return null
  return (
    <Badge tone="ok" glyph="✓">
      Follows the Spec
    </Badge>
  )
}

/** What the certificate of a source says, and the document itself. */
export function Conformance({ slug }: { slug: string }) {
  const certificate = useQuery(certificateQuery(slug)).data
  if (!certificate) return null
  const { score, seen, issuedAt, ruleSet, evidenceHash, outcome } = certificate
  return (
    <Section title="Conformance">
      <Panel>
        <Pairs
          of={[
            [
              'Result',
              outcome === 'passed' ? (
                <Badge key="result" tone="ok" glyph="✓">
                  Follows the Spec
                </Badge>
              ) : (
                <Badge key="result" tone="warn" glyph="!">
                  With faults
                </Badge>
              ),
            ],
            ['Score', `${score} of 100`],
            ['Checked', <Time key="checked" at={issuedAt} date />],
            [
              'On',
              `${plural(seen.messages, 'real message')}${
                seen.withErrors > 0 ? `, ${count(seen.withErrors)} with errors` : ''
              }`,
            ],
            ['Rules', ruleSet],
            ['Evidence', <Id key="hash" value={evidenceHash} what="hash of the evidence" />],
          ]}
        />
        <p style={{ marginBlock: '10px' }}>
          Checked by this installation on what the source really sent, and signed with its key. Whoever has
          the evidence can check it again: <code>headwater certificate verify</code>.
        </p>
        <OutsideButton
          small
          href={`/api/catalog/sources/${encodeURIComponent(slug)}/certificate`}
          download={`${slug}-certificate.json`}
        >
          Download the certificate
        </OutsideButton>
      </Panel>
    </Section>
  )
}
