using Analysis;

return await AnalysisCommand.InvokeAsync(args);
