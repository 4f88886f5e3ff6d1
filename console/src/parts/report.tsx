import { Alert } from '@mantine/core';
import { createContext, useCallback, useContext, useState, type ReactNode } from 'react';
import { texts } from '../texts.ts';
import { describeActError } from './feedback.tsx';

const Report = createContext<(error: unknown) => void>(() => undefined);

/** Tells of what went wrong with something that was pressed; null takes it away. */
export const useReport = () => useContext(Report);

export function ReportProvider({ children }: { children: ReactNode }) {
  const [error, setError] = useState<Error | null>(null);
  const report = useCallback((thrown: unknown) => setError(thrown as Error | null), []);
  const told = error && describeActError(error);
  return (
    <Report.Provider value={report}>
      {told && (
        <Alert
          color="red"
          variant="outline"
          role="alert"
          mb="sm"
          title={told.title}
          withCloseButton
          closeButtonLabel={texts.close}
          onClose={() => setError(null)}
        >
          <span className="foreign">{told.help}</span>
        </Alert>
      )}
      {children}
    </Report.Provider>
  );
}
