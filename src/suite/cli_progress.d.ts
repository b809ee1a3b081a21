// SPDX-License-Identifier: GPL-2.0-only
/** The part of cli-progress that is used here; the package has no types of its own. */
interface Bar {
  increment(step?: number): void;
}
declare const progress: {
  MultiBar: new (options: {
    format: string;
    stream: { write(text: string): boolean };
    barsize: number;
    clearOnComplete: boolean;
    gracefulExit: boolean;
    linewrap: boolean;
    etaBuffer: number;
    formatTime(seconds: number): string;
  }) => {
    create(total: number, start: number): Bar;
    /** Prints whole lines above the bar. */
    log(text: string): void;
    stop(): void;
  };
};
export default progress;
