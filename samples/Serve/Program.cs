using Serve;

return await ServeCommand.InvokeAsync(args);
